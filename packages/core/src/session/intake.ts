import type { Clock } from "../ports/clock.ts";
import type { Connection } from "../ports/transport.ts";

/**
 * The way in: texts in the order they came, taken only while there is room for their answers. While
 * there is none the connection is not read, so that the peer's own network holds it back; what was
 * read already waits here, bounded by what a socket reads at once. A session is one, and has none beside it: there are as
 * many of them as connections.
 */
export abstract class Intake {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #connection: Pick<Connection, "pause" | "resume">;
  /** null: nothing waits, as most of the time. */
  #texts: string[] | null = null;
  #taking = false;
  #stoppedAt: number | null = null;

  constructor(clock: Pick<Clock, "monotonic">, connection: Pick<Connection, "pause" | "resume">) {
    this.#clock = clock;
    this.#connection = connection;
  }

  /** Whether frames are taken at all. */
  abstract readonly live: boolean;
  /** Whether so much is unanswered or unread that nothing more should be asked for. */
  abstract readonly full: boolean;
  /** Takes one text frame. */
  protected abstract take(text: string): void;

  /** Since when the connection is not read, monotonic ms; null: it is read. */
  get stoppedAt(): number | null {
    return this.#stoppedAt;
  }

  /** Adds a text that came. */
  receive(text: string): void {
    if (this.#texts === null && !this.#taking && this.#stoppedAt === null && this.live && !this.full) {
      // As mostly, nothing waits before it.
      this.#taking = true;
      this.take(text);
      this.#taking = false;
      this.regulate();
      return;
    }
    this.#texts ??= [];
    this.#texts.push(text);
    this.regulate();
  }

  /** Reads no more until `regulate` finds room. */
  stopReading(): void {
    if (this.#stoppedAt !== null) return;
    this.#stoppedAt = this.#clock.monotonic();
    this.#connection.pause();
  }

  /** Begins the time without reading anew: this process stood still, not the peer (trap 27). */
  forgive(): void {
    if (this.#stoppedAt !== null) this.#stoppedAt = this.#clock.monotonic();
  }

  /** Takes what waits, as far as there is room; called whenever there may be more, or less. */
  regulate(): void {
    if (this.#taking) return;
    this.#taking = true;
    while (this.live) {
      if (this.full) {
        this.stopReading();
        break;
      }
      this.#read();
      const text = this.#texts?.shift();
      if (text === undefined) break;
      this.take(text);
    }
    if (this.#texts?.length === 0) this.#texts = null;
    this.#taking = false;
  }

  /** Forgets what waits. */
  forgetTexts(): void {
    this.#texts = null;
  }

  #read(): void {
    if (this.#stoppedAt === null) return;
    this.#stoppedAt = null;
    this.#connection.resume();
  }
}
