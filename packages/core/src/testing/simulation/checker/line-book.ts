import type { HistoryLine } from "../history-line.ts";

type Ev = HistoryLine["ev"];

export type LineOf<E extends Ev, L = HistoryLine> = L extends { readonly ev: infer K }
  ? E extends K
    ? L & { readonly ev: E }
    : never
  : never;

/** The lines of a history by what they tell of. */
export class LineBook {
  readonly lines: readonly HistoryLine[];
  readonly #numbers = new Map<Ev, number[]>();

  constructor(lines: readonly HistoryLine[]) {
    this.lines = lines;
    for (let no = 0; no < lines.length; no++) {
      const { ev } = lines[no] as HistoryLine;
      const numbers = this.#numbers.get(ev);
      if (numbers === undefined) this.#numbers.set(ev, [no]);
      else numbers.push(no);
    }
  }

  count(ev: Ev): number {
    return this.#numbers.get(ev)?.length ?? 0;
  }

  first<E extends Ev>(ev: E): { readonly no: number; readonly line: LineOf<E> } | null {
    const no = this.#numbers.get(ev)?.[0];
    return no === undefined ? null : { no, line: this.lines[no] as LineOf<E> };
  }

  /** Goes over lines of these kinds in the order of the history. */
  each<E extends Ev>(evs: readonly E[], visit: (line: LineOf<E>, no: number) => void): void {
    const queues = evs.map((ev) => this.#numbers.get(ev) ?? []).filter(({ length }) => length > 0);
    const [only] = queues;
    if (queues.length === 1 && only !== undefined) {
      for (const no of only) visit(this.lines[no] as LineOf<E>, no);
      return;
    }
    const at = queues.map(() => 0);
    const heads = queues.map(([head]) => head as number);
    for (;;) {
      let next = 0;
      for (let queue = 1; queue < heads.length; queue++) {
        if ((heads[queue] as number) < (heads[next] as number)) next = queue;
      }
      const no = heads[next];
      if (no === undefined || no === Number.POSITIVE_INFINITY) return;
      at[next] = (at[next] as number) + 1;
      heads[next] = queues[next]?.[at[next] as number] ?? Number.POSITIVE_INFINITY;
      visit(this.lines[no] as LineOf<E>, no);
    }
  }
}
