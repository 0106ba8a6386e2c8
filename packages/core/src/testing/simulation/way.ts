import type { NodeClock } from "./node-clock.ts";
import type { SimulatedTime } from "./time.ts";

/** What crosses a connection in one piece: all that was written within a turn, or how it begins and ends. */
export type Piece =
  | { readonly kind: "open" | "opened" | "refused" }
  | { readonly kind: "texts"; readonly texts: readonly string[]; readonly bytes: number }
  | { readonly kind: "close"; readonly code: number }
  /** The other end is gone, without a close. */
  | { readonly kind: "reset" };

/** Whether pieces that are written now set out: at once, later, or never. */
export type WayState = "open" | "holds" | "swallows";

export interface WaySurroundings {
  readonly time: SimulatedTime;
  /** The process at its end; null: none that could stand still. */
  readonly owner: NodeClock | null;
  /** ms that the next piece takes. */
  latency(): number;
  state(): WayState;
  /** ms until what is held may set out. */
  heldFor(): number;
  arrive(piece: Piece): void;
  /** What was held has set out. */
  released(): void;
}

/** One direction of a connection: in order, as TCP has it, whatever each piece takes. */
export class Way {
  readonly #house: WaySurroundings;
  #arrivesAt = 0;
  /** What waits to set out, in order. */
  #held: Piece[] = [];
  #heldBytes = 0;
  #swallows = false;
  /** Rises when what is on its way is lost. */
  #era = 0;

  constructor(house: WaySurroundings) {
    this.#house = house;
  }

  /** Bytes that were written and have not set out. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** Whether nothing sets out any more, for good. */
  get dead(): boolean {
    return this.#swallows;
  }

  send(piece: Piece): void {
    if (this.#swallows || this.#held.length > 0) {
      this.#hold(piece);
      return;
    }
    switch (this.#house.state()) {
      case "open":
        this.#go(piece);
        return;
      case "swallows":
        // TCP brings nothing that comes behind a hole.
        this.swallow();
        this.#hold(piece);
        return;
      case "holds":
        this.#hold(piece);
        this.#releaseLater();
    }
  }

  /** What is held sets out, unless something still holds it. */
  release(): void {
    if (this.#held.length === 0) return;
    if (this.#house.state() !== "open") {
      this.#releaseLater();
      return;
    }
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const piece of held) this.#go(piece);
    this.#house.released();
  }

  /** From now on nothing sets out any more, for good. */
  swallow(): void {
    this.#swallows = true;
    this.#held = [];
  }

  /** What is on its way, and what waits, is lost. */
  drop(): void {
    this.#era++;
    this.#held = [];
    this.#heldBytes = 0;
  }

  #hold(piece: Piece): void {
    if (piece.kind === "texts") this.#heldBytes += piece.bytes;
    if (!this.#swallows) this.#held.push(piece);
  }

  #releaseLater(): void {
    this.#house.time.after(Math.max(1, this.#house.heldFor()), () => this.release());
  }

  #go(piece: Piece): void {
    const { time, owner } = this.#house;
    const era = this.#era;
    this.#arrivesAt = Math.max(this.#arrivesAt, time.now + this.#house.latency());
    const arrive = (): void => {
      if (era === this.#era) this.#house.arrive(piece);
    };
    time.after(this.#arrivesAt - time.now, arrive, owner);
  }
}
