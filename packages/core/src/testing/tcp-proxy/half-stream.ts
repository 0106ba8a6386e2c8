import type { Socket } from "node:net";
import type { Clock } from "../../ports/clock.ts";
import type { StreamWeather } from "./stream-weather.ts";

/** Bytes that may wait in one way of one connection before its sender is no longer read. */
const WAITING_BYTES_MAX = 1024 * 1024;

interface HalfStreamOptions {
  readonly from: Socket;
  readonly to: Socket;
  readonly weather: StreamWeather;
  readonly clock: Clock;
  /** Called when the weather says that this connection ends here. */
  readonly cut: () => void;
}

interface Waiting {
  readonly bytes: number;
  readonly run: () => void;
}

/** Carries one way of one connection. */
export class HalfStream {
  readonly #options: HalfStreamOptions;
  /** When the last chunk that waits is due: none overtakes it, however the delay changes. */
  #lastDueMs = 0;
  /** What waits, first to last: a timer carries on the first, since timers that are due together keep no order. */
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #ended = false;
  #lost = false;

  constructor(options: HalfStreamOptions) {
    this.#options = options;
    options.from.on("data", (chunk: Buffer) => this.#take(chunk));
    options.from.on("end", () => this.end());
    options.to.on("drain", () => this.#flow());
  }

  /** Whether bytes, or an end, were swallowed: then its two sides no longer agree on what was said. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Ends this way, after what waits; what is said later is lost. */
  end(): void {
    if (this.#options.weather.swallowing) {
      this.#lost = true;
      return;
    }
    if (this.#ended) return;
    this.#ended = true;
    this.#later(0, () => this.#options.to.end());
  }

  #take(chunk: Buffer): void {
    const { weather, from } = this.#options;
    if (this.#ended) return;
    if (weather.cutAt?.(chunk) === true) {
      weather.cutAt = null;
      this.#options.cut();
    } else if (weather.swallowing) {
      this.#lost = true;
    } else {
      this.#later(chunk.length, () => this.#options.to.write(chunk));
      if (this.#isFull()) from.pause();
    }
  }

  #later(bytes: number, run: () => void): void {
    const { clock, weather } = this.#options;
    const now = clock.monotonic();
    const due = Math.max(this.#lastDueMs, now + weather.delayMs);
    this.#lastDueMs = due;
    if (due <= now && this.#waiting.length === 0) {
      run();
      return;
    }
    this.#waiting.push({ bytes, run });
    this.#waitingBytes += bytes;
    clock.after(Math.ceil(due - now), () => this.#carryFirst());
  }

  #carryFirst(): void {
    const first = this.#waiting.shift();
    if (first === undefined) return;
    this.#waitingBytes -= first.bytes;
    first.run();
    this.#flow();
  }

  #isFull(): boolean {
    return this.#options.to.writableNeedDrain || this.#waitingBytes > WAITING_BYTES_MAX;
  }

  #flow(): void {
    if (!this.#isFull()) this.#options.from.resume();
  }
}
