/** Writes the whole content, once for all the changes that wait. */
export class SaveQueue {
  readonly #version: () => number;
  readonly #write: () => Promise<void>;
  #saved: number;
  #running: Promise<void> | null = null;

  /** `version` rises with every change; `write` puts what is there when it is called. */
  constructor(version: () => number, write: () => Promise<void>) {
    this.#version = version;
    this.#write = write;
    this.#saved = version();
  }

  /** Resolves when everything up to now is written. After a failure the next call tries again. */
  async settled(): Promise<void> {
    const wanted = this.#version();
    while (this.#saved < wanted) {
      this.#running ??= this.#save();
      await this.#running;
    }
  }

  async #save(): Promise<void> {
    try {
      // A turn of the event loop, for those who come together.
      await new Promise((resolve) => setImmediate(resolve));
      const version = this.#version();
      await this.#write();
      this.#saved = version;
    } finally {
      this.#running = null;
    }
  }
}
