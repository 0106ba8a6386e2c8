import type { HistoryLine, TellLine } from "@earshot/core/testing";

/** What happened in a run, line by line, and when: monotonic ms, by the clock that the clients have too. */
export class RunNotes {
  readonly lines: HistoryLine[] = [];

  readonly now = (): number => performance.now();

  readonly write = (line: HistoryLine): void => {
    this.lines.push(line);
  };

  /** A line of whoever conducts the run. */
  readonly tell: TellLine = (line) => {
    this.write({ t: this.now(), p: "sim", ...line } as HistoryLine);
  };

  /** A process began or ended: `n1#2`. */
  process(p: string, ev: "start" | "crash" | "stop"): void {
    this.write({ t: this.now(), p, ev });
  }

  /** `fault`: its id in docs/faults.md. */
  fault(fault: string, target: string): void {
    this.tell({ ev: "nemesis", fault, target });
  }
}
