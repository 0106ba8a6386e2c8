import { closeVerdict } from "@earshot/protocol";
import type { HistoryLine } from "../history-line.ts";
import type { CheckBounds } from "./check-bounds.ts";
import { type Connection, Connections } from "./connections.ts";
import { FaultsFired } from "./faults-fired.ts";
import { LineBook } from "./line-book.ts";
import { type Life, type Log, type Logs, readLogs } from "./logs.ts";
import { Membership } from "./membership.ts";
import type { Report } from "./report.ts";
import { Sends } from "./sends.ts";

/** A history, read once, by whatever the invariants ask of it. */
export class IndexedHistory {
  readonly book: LineBook;
  readonly bounds: CheckBounds;
  readonly logs: Logs;
  readonly sends: Sends;
  readonly connections: Connections;
  readonly faults: FaultsFired;
  /** The last life of each device before that, by its process. */
  readonly lastLives = new Map<string, string>();
  /** When all was quiet; null: it never was. From then on devices end on purpose. */
  readonly quietAt: number | null;
  readonly endedAt: number;
  /** The line of `quiesced`; infinite: there is none. */
  readonly quietNo: number;
  /** Where each process ended. */
  readonly #ends = new Map<string, number>();
  readonly #memberships = new Map<Life, Membership>();

  constructor(lines: readonly HistoryLine[], bounds: CheckBounds, report: Report) {
    this.bounds = bounds;
    this.book = new LineBook(lines);
    this.logs = readLogs(this.book, report);
    this.sends = new Sends(this.book, this.logs);
    this.connections = new Connections(this.book);
    this.faults = new FaultsFired(this.book);
    this.book.each(["crash", "stop"], ({ p }, no) => this.#ends.set(p, no));
    const quiesced = this.book.first("quiesced");
    this.quietNo = quiesced?.no ?? Number.POSITIVE_INFINITY;
    this.quietAt = quiesced?.line.quiet === true ? quiesced.line.t : null;
    this.endedAt = quiesced?.line.t ?? lines.at(-1)?.t ?? 0;
    for (const { dev, p, opened } of this.connections.all) if (opened.no < this.quietNo) this.lastLives.set(dev, p);
  }

  /** Who was a member when, in one life of a log. */
  members(log: Log, life: Life): Membership {
    const known = this.#memberships.get(life);
    if (known !== undefined) return known;
    const membership = new Membership(log, life);
    this.#memberships.set(life, membership);
    return membership;
  }

  /** When a process ended, in ms; undefined: it runs, or nobody says. */
  endOf(p: string): number | undefined {
    const no = this.#ends.get(p);
    return no === undefined ? undefined : this.at(no);
  }

  /** Whether it ran when all was quiet. */
  ranToTheEnd(p: string): boolean {
    return (this.#ends.get(p) ?? Number.POSITIVE_INFINITY) > this.quietNo;
  }

  /** The line by which a connection was over, for the device, or with it or its gateway; infinite: it never was. */
  overNo({ p, node, closed }: Connection): number {
    const end = (of: number | undefined): number => of ?? Number.POSITIVE_INFINITY;
    return Math.min(end(closed?.no), end(this.#ends.get(p)), end(this.#ends.get(node)));
  }

  /** The same in ms. */
  over(connection: Connection): number {
    return this.at(this.overNo(connection));
  }

  /** Whether a device had a session when all was quiet, or has to have one: nobody has sent it away for good. */
  wantsSession(dev: string): boolean {
    const last = this.connections.all.findLast((each) => each.dev === dev && each.opened.no < this.quietNo);
    if (last === undefined || !this.ranToTheEnd(last.p)) return false;
    const { closed } = last;
    return closed?.side !== "gateway" || closed.no > this.quietNo || closeVerdict(closed.code) !== "stop";
  }

  /** When a line was written, in ms. */
  at(no: number): number {
    return this.book.lines[no]?.t ?? Number.POSITIVE_INFINITY;
  }
}

/** One guarantee, held against a history. */
export type Invariant = (history: IndexedHistory, report: Report) => void;
