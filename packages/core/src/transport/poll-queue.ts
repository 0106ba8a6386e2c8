import type { EncodedFrames } from "../ports/transport.ts";

interface Queued {
  readonly frames: EncodedFrames;
  /** How many of them have a number. */
  readonly counted: number;
}

/** What was taken out: one JSON text a frame, and their bytes. */
export interface Taken {
  readonly texts: readonly string[];
  readonly bytes: number;
}

export const NO_FRAMES: Taken = { texts: [], bytes: 0 };

/**
 * What waits to be taken down by polls or streams: in front what the present way begins with, behind it
 * everything else, in order. References to frames that all recipients share, never copies.
 */
export class PollQueue {
  #beginning: Queued[] = [];
  #frames: Queued[] = [];
  /** Whether what is pushed belongs to the beginning. */
  #begins = false;
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get empty(): boolean {
    return this.#beginning.length === 0 && this.#frames.length === 0;
  }

  push(frames: EncodedFrames, counted: boolean): void {
    const into = this.#begins ? this.#beginning : this.#frames;
    into.push({ frames, counted: counted ? frames.texts.length : 0 });
    this.#bytes += frames.bytes;
  }

  /**
   * A way begins: forgets what an earlier one was to begin with, and puts in front what is pushed within `fill`,
   * which is told how many frames with a number wait behind it.
   */
  begin(fill: (counted: number) => void): void {
    for (const { frames } of this.#beginning) this.#bytes -= frames.bytes;
    this.#beginning = [];
    this.#begins = true;
    fill(this.#frames.reduce((sum, { counted }) => sum + counted, 0));
    this.#begins = false;
  }

  /** Forgets everything. */
  clear(): void {
    this.#beginning = [];
    this.#frames = [];
    this.#bytes = 0;
  }

  /** Takes frames out, the first ones, up to `bytesMax`. `atLeastOne`: the first whatever its size. */
  take(bytesMax: number, atLeastOne = true): Taken {
    const texts: string[] = [];
    let bytes = 0;
    for (const from of [this.#beginning, this.#frames]) {
      let count = 0;
      for (const { frames } of from) {
        if ((bytes > 0 || !atLeastOne) && bytes + frames.bytes > bytesMax) break;
        bytes += frames.bytes;
        texts.push(...frames.texts);
        count++;
      }
      const whole = count === from.length;
      from.splice(0, count);
      if (!whole) break;
    }
    this.#bytes -= bytes;
    return { texts, bytes };
  }
}
