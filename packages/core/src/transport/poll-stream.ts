/** Who feeds a stream. */
export interface StreamSource {
  /** Takes what is there; empty: nothing. */
  take(): readonly string[];
  /** The peer has let go of the stream. */
  lost(stream: PollStream): void;
}

/**
 * One stream down, as its reader sees it: asked for more, it waits until there is some. What nobody has asked
 * for yet stays with the source, where it counts as buffered, and is not lost with the stream.
 */
export class PollStream {
  readonly #source: StreamSource;
  #reader: ((texts: readonly string[] | null) => void) | null = null;
  /** What is left to say once it has ended. */
  #last: readonly string[] | null = null;
  #ended = false;

  constructor(source: StreamSource) {
    this.#source = source;
  }

  /** The next frames, one JSON text each; null: it has ended. One question at a time. */
  next(): Promise<readonly string[] | null> {
    if (this.#ended) {
      const last = this.#last;
      this.#last = null;
      return Promise.resolve(last);
    }
    const texts = this.#source.take();
    if (texts.length > 0) return Promise.resolve(texts);
    return new Promise((resolve) => {
      this.#reader = resolve;
    });
  }

  /** The reader has gone. */
  cancel(): void {
    if (this.#ended) return;
    this.end();
    this.#source.lost(this);
  }

  /** There may be something to take. */
  wake(): void {
    if (this.#reader === null) return;
    const texts = this.#source.take();
    if (texts.length > 0) this.#answer(texts);
  }

  /** It ends, with these as its last frames. */
  end(last: readonly string[] = []): void {
    if (this.#ended) return;
    this.#ended = true;
    if (last.length === 0) this.#answer(null);
    else if (this.#reader !== null) this.#answer(last);
    else this.#last = last;
  }

  #answer(texts: readonly string[] | null): void {
    const reader = this.#reader;
    this.#reader = null;
    reader?.(texts);
  }
}
