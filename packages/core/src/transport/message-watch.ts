/** Bytes of a frame's header before its extended length. */
const HEADER_BYTES = 2;
const MASK_BYTES = 4;

/**
 * Since when a peer owes the rest of a WebSocket message (RFC 6455, 5.2): `ws` tells of whole messages
 * only, so the frames' headers are read beside it, and no content. What is malformed `ws` closes by
 * itself. Times are monotonic ms.
 */
export class MessageWatch {
  /** When the first byte of what is not finished came; null: everything is finished. */
  #since: number | null = null;
  /** Whether a message in pieces waits for its last one. */
  #open = false;
  /** Bytes of the present frame's header so far, and how many it has as far as is known. */
  #header = 0;
  #headerBytes = HEADER_BYTES;
  #final = false;
  #control = false;
  #length = 0;
  /** Bytes of the present frame's payload that are missing. */
  #missing = 0;

  get since(): number | null {
    return this.#since;
  }

  /** The time begins anew: nothing was read meanwhile. */
  forgive(now: number): void {
    if (this.#since !== null) this.#since = now;
  }

  /** Bytes came, in any pieces. */
  take(bytes: Uint8Array, now: number): void {
    for (let at = 0; at < bytes.length; ) {
      this.#since ??= now;
      if (this.#missing > 0) {
        const taken = Math.min(this.#missing, bytes.length - at);
        this.#missing -= taken;
        at += taken;
      } else {
        this.#headerByte(bytes[at] ?? 0);
        at++;
      }
      if (this.#missing === 0 && this.#header === this.#headerBytes) this.#ended();
    }
  }

  #headerByte(byte: number): void {
    const index = this.#header++;
    if (index === 0) {
      this.#final = (byte & 0x80) !== 0;
      this.#control = (byte & 0x08) !== 0;
    } else if (index === 1) {
      const length = byte & 0x7f;
      const extended = length === 127 ? 8 : length === 126 ? 2 : 0;
      this.#length = extended === 0 ? length : 0;
      this.#headerBytes = HEADER_BYTES + extended + ((byte & 0x80) === 0 ? 0 : MASK_BYTES);
    } else if (index < this.#headerBytes - MASK_BYTES) {
      this.#length = this.#length * 256 + byte;
    }
    if (this.#header === this.#headerBytes) this.#missing = this.#length;
  }

  #ended(): void {
    if (!this.#control) this.#open = !this.#final;
    if (!this.#open) this.#since = null;
    this.#header = 0;
    this.#headerBytes = HEADER_BYTES;
  }
}
