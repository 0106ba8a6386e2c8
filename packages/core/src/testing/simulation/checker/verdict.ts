/** The guarantees of docs/guarantees.md that one history can show. */
export type ShownGuarantee =
  | `I${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`
  | `I1${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9}`
  | `I2${0 | 1 | 2 | 3 | 4 | 5}`;

export interface Violation {
  readonly id: ShownGuarantee;
  readonly why: string;
  /** Numbers of the lines that show it, from 1, as an editor counts them. */
  readonly lines: readonly number[];
}

/** What was counted on the way. */
export interface Counts {
  lines: number;
  invoked: number;
  acked: number;
  refused: number;
  /** Ended without an answer. */
  unanswered: number;
  /** Of those, the ones that are in the log. */
  recovered: number;
  /** Acknowledged, and not in the log. */
  lost: number;
  /** Acknowledged in a life of the log that a rewind of the store has ended. */
  excused: number;
  /** Seen, and never sent. */
  phantom: number;
  /** In one log, or applied, more than once. */
  doubled: number;
  /** Numbered or applied in another order than they had to be. */
  reordered: number;
  delivered: number;
  applied: number;
  /** Declared resets of a cursor. */
  resets: number;
  connections: number;
  rewinds: number;
  /** Faults that fired; of those, such of the bus (I26) and of clocks (I27). */
  faults: number;
  busFaults: number;
  clockFaults: number;
}

/** `unknown`: nothing was violated, and `unknowns` says what could not be decided. It counts as failed. */
export interface Verdict {
  readonly verdict: "valid" | "invalid" | "unknown";
  /** At most 20 of each guarantee. */
  readonly violations: readonly Violation[];
  readonly unknowns: readonly string[];
  readonly counts: Readonly<Counts>;
}
