/** One piece of work after the other, in the order they were asked for. */
export class Turns {
  #last: Promise<void> | null = null;

  /** Runs `work` when everything asked for before has ended, well or not. Rejects as it does. */
  async take(work: () => Promise<void>): Promise<void> {
    const before = this.#last;
    let done = (): void => {};
    this.#last = new Promise((resolve) => {
      done = resolve;
    });
    try {
      await before;
      await work();
    } finally {
      done();
    }
  }
}
