/** One line on a terminal that is written over; nothing elsewhere. */
export class Progress {
  readonly #every: number;
  #at = 0;

  /** `everyMs`: least time between two. */
  constructor(everyMs = 200) {
    this.#every = everyMs;
  }

  show(text: string): void {
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#at < this.#every) return;
    this.#at = now;
    process.stderr.write(`\r\u001b[2K${text}`);
  }

  end(): void {
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[2K");
  }
}
