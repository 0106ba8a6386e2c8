import type { Counts, ShownGuarantee, Verdict, Violation } from "./verdict.ts";

/** Violations of one guarantee that are told; more say nothing new. */
const TOLD_OF_EACH_MAX = 20;

/** Collects what the invariants find. */
export class Report {
  readonly counts: Counts = {
    lines: 0,
    invoked: 0,
    acked: 0,
    refused: 0,
    unanswered: 0,
    recovered: 0,
    lost: 0,
    excused: 0,
    phantom: 0,
    doubled: 0,
    reordered: 0,
    delivered: 0,
    applied: 0,
    resets: 0,
    connections: 0,
    rewinds: 0,
    faults: 0,
    busFaults: 0,
    clockFaults: 0,
  };
  readonly #violations: Violation[] = [];
  readonly #told = new Map<ShownGuarantee, number>();
  readonly #unknowns = new Set<string>();

  /** `lines`: indexes of lines; those that are null have none to show. */
  violated(id: ShownGuarantee, why: string, ...lines: readonly (number | null | undefined)[]): void {
    const told = this.#told.get(id) ?? 0;
    this.#told.set(id, told + 1);
    if (told >= TOLD_OF_EACH_MAX) return;
    const shown = lines.filter((no) => no !== null && no !== undefined && no >= 0) as number[];
    this.#violations.push({ id, why, lines: [...new Set(shown)].map((no) => no + 1) });
  }

  undecided(why: string): void {
    this.#unknowns.add(why);
  }

  get verdict(): Verdict {
    const [violations, unknowns] = [this.#violations, [...this.#unknowns]];
    const verdict = violations.length > 0 ? "invalid" : unknowns.length > 0 ? "unknown" : "valid";
    return { verdict, violations, unknowns, counts: this.counts };
  }
}
