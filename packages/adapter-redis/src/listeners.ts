/** Listeners of one kind, each of which can be taken back once. */
export class Listeners<Told extends readonly unknown[]> {
  readonly #all = new Set<(...told: Told) => void>();

  add(listener: (...told: Told) => void): () => void {
    const own = (...told: Told) => listener(...told);
    this.#all.add(own);
    return () => {
      this.#all.delete(own);
    };
  }

  clear(): void {
    this.#all.clear();
  }

  /** After what runs now. A listener that throws is a fault of its owner, and surfaces as an unhandled rejection. */
  tell(...told: Told): void {
    for (const listener of this.#all) {
      void Promise.resolve().then(() => {
        if (this.#all.has(listener)) listener(...told);
      });
    }
  }
}
