/**
 * An iteration that can be ended from outside, also while a pull waits: `end` must let that pull come to an
 * end. A generator alone would keep its `return` waiting behind it.
 */
export function endable<T>(
  inner: AsyncGenerator<T, void, undefined>,
  end: () => Promise<void> | void,
): AsyncIterableIterator<T, void, undefined> {
  return {
    next: () => inner.next(),
    return: async () => {
      await end();
      return inner.return();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
