import type { CrashPoint, Fault, FaultKind } from "./fault.ts";
import { faultIds } from "./fault-ids.ts";
import type { HistoryLine } from "./history-line.ts";
import type { SimulatedTime } from "./time.ts";

/** Takes the lines of a history. */
export type WriteLine = (line: HistoryLine) => void;

/** How often faults have really happened: one that found nothing to befall has not. */
export interface Fired {
  /** By the ids of docs/faults.md. */
  readonly ids: Readonly<Record<string, number>>;
  readonly kinds: Readonly<Partial<Record<FaultKind, number>>>;
  readonly crashPoints: Readonly<Partial<Record<CrashPoint, number>>>;
}

/** Notes each fault when it happens: in counts, and as a line of the history. */
export class FaultCounts implements Fired {
  readonly #time: SimulatedTime;
  readonly #write: WriteLine;
  readonly ids: Record<string, number> = {};
  readonly kinds: Partial<Record<FaultKind, number>> = {};
  readonly crashPoints: Partial<Record<CrashPoint, number>> = {};

  constructor(time: SimulatedTime, write: WriteLine) {
    this.#time = time;
    this.#write = write;
  }

  /** `target`: what it befell. */
  fired(fault: Fault, target: string): void {
    const ids = faultIds(fault);
    this.kinds[fault.kind] = (this.kinds[fault.kind] ?? 0) + 1;
    for (const id of ids) this.ids[id] = (this.ids[id] ?? 0) + 1;
    if (fault.kind === "crash gateway") this.crashPoints[fault.point] = (this.crashPoints[fault.point] ?? 0) + 1;
    this.#write({ t: this.#time.now, p: "sim", ev: "nemesis", fault: ids[0] ?? fault.kind, target });
  }
}
