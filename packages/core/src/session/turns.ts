/** One piece of work after the other, in the order they were asked for. */
export class Turns {
  #last: Promise<void> | null = null;

  /** Whether nothing is under way. */
  get idle(): boolean {
    return this.#last === null;
  }

  /** Runs `work` when everything asked for before has ended, well or not. Rejects as it does. */
  async take(work: () => Promise<void>): Promise<void> {
    const before = this.#last;
    let done = (): void => {};
    const own = new Promise<void>((resolve) => {
      done = resolve;
    });
    this.#last = own;
    try {
      await before;
      await work();
    } finally {
      if (this.#last === own) this.#last = null;
      done();
    }
  }
}
