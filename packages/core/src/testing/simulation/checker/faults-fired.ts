import type { LineBook } from "./line-book.ts";

/** Which faults fired when, and on whom. */
export class FaultsFired {
  readonly #fired: { readonly fault: string; readonly target: string; readonly t: number }[] = [];
  /** When the faults ended; infinite: they never did. */
  readonly healedAt: number;

  constructor(book: LineBook) {
    book.each(["nemesis"], ({ fault, target, t }) => this.#fired.push({ fault, target, t }));
    this.healedAt = book.first("heal")?.line.t ?? Number.POSITIVE_INFINITY;
  }

  get count(): number {
    return this.#fired.length;
  }

  /** How many of these fired. */
  of(faults: ReadonlySet<string>): number {
    return this.#fired.filter(({ fault }) => faults.has(fault)).length;
  }

  /** Whether any of these may have had a hand in what happened to a device between two moments. */
  touched(faults: ReadonlySet<string> | null, from: number, to: number, dev?: string): boolean {
    return this.#fired.some(
      ({ fault, target, t }) =>
        t <= to &&
        // a fault lasts; nobody knows for how long, but none outlives the healing
        Math.min(this.healedAt, to) >= from &&
        (faults === null || faults.has(fault)) &&
        // what befell another device: their names have a dot
        (dev === undefined || target === dev || !target.includes(".")),
    );
  }
}

/** Whoever said again, on a connection of their own, what the device that it befell had said in a session before. */
export const REPLAYS: ReadonlySet<string> = new Set(["F23", "replay old session"]);

/** Frames that the network doubles, swaps, or plays again, by id and by kind. */
export const FRAME_FAULTS: ReadonlySet<string> = new Set([
  "F17",
  "F18",
  "double frames",
  "swap frames",
  "repeat polls",
  ...REPLAYS,
]);

/** What makes a process stand still, while its machine goes on to take what is sent to it. */
export const STANDSTILLS: ReadonlySet<string> = new Set(["F6", "F28", "F29"]);

/** What befalls the bus (I26), and clocks (I27). */
export const BUS_FAULTS: ReadonlySet<string> = new Set(["F36", "F37", "F38", "F39", "F40", "F41", "F42"]);
export const CLOCK_FAULTS: ReadonlySet<string> = new Set(["F54", "F55"]);

/** What keeps presence from being known in time although connections live: all but ends of connections and of processes. */
export const PRESENCE_FAULTS: ReadonlySet<string> = new Set([
  ...["F6", "F7", "F12", "F13", "F14", "F15", "F16", "F18", "F21", "F28", "F29", "F35"],
  ...["F36", "F37", "F38", "F39", "F40", "F41", "F43", "F44", "F45", "F46", "F47", "F48", "F49", "F50", "F56"],
  ...["presence down", "kick", "revoke"],
]);
