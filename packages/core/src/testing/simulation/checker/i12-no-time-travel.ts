import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Life } from "./logs.ts";
import type { Report } from "./report.ts";

interface Witness {
  readonly seq: number;
  readonly no: number;
  readonly t: number;
}

/**
 * I12: the head that is told never falls in one life of a log. What was read from the store after a device had asked,
 * or had connected, holds everything that anybody had been told of by then; what came by way of the bus may be late.
 */
export const noTimeTravel: Invariant = (history, report) => {
  const witnesses = new Witnesses();
  history.book.each(["ok", "deliver", "head"], (line, no) => {
    const log = history.logs.get(line.conv);
    const life = log?.life(line.epoch);
    if (log === undefined || life === undefined || life.index < 0) return;
    const { t } = line;
    if (line.ev === "head") {
      hold(history, report, witnesses, line, life, no);
      if (line.by !== "heads") witnesses.saw(log.survivor(life, line.head), { seq: line.head, no, t });
    } else witnesses.saw(log.survivor(life, line.seq), { seq: line.seq, no, t });
  });
};

function hold(
  { connections, bounds }: IndexedHistory,
  report: Report,
  witnesses: Witnesses,
  { by, asked, conv, head, t, dev }: LineOf<"head">,
  life: Life,
  no: number,
): void {
  const since = Math.max(asked ?? 0, connections.of(no)?.opened.t ?? 0);
  const before = by === "heads" ? t - bounds.headLagMs : since;
  const seen = witnesses.highest(life, before);
  if (seen === null || head >= seen.seq) return;
  const why = `${dev} ${conv}: told of head ${head} (${by}), when ${seen.seq} had been told before`;
  report.violated("I12", why, no, seen.no);
}

/** The highest seq that anybody was told of, by time. */
class Witnesses {
  readonly #rising = new Map<Life, Witness[]>();

  saw(life: Life, witness: Witness): void {
    const rising = this.#rising.get(life);
    if (rising === undefined) this.#rising.set(life, [witness]);
    else if (witness.seq > (rising.at(-1)?.seq ?? 0)) rising.push(witness);
  }

  /** Told before a moment. */
  highest(life: Life, before: number): Witness | null {
    const rising = this.#rising.get(life) ?? [];
    let [from, to] = [0, rising.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((rising[middle]?.t ?? 0) < before) from = middle + 1;
      else to = middle;
    }
    return rising[from - 1] ?? null;
  }
}
