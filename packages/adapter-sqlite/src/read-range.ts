import type { Given } from "./calls.ts";
import { presentRowText } from "./present-rows.ts";
import { type Row, type RowsQuery, rowsOf } from "./read-rows.ts";
import type { ReadStatements } from "./read-statements.ts";
import type { AccessRecord, HeadRecord, PresentRecord } from "./records.ts";
import { eventText } from "./row-texts.ts";
import { spansText } from "./spans-text.ts";

/** An `EventPage`, or null, as JSON text. */
export function rangeText(statements: ReadStatements, query: Given<"range">): string | null {
  const about = query.reader === undefined ? statements.head.one(query.conversation) : accessOf(statements, query);
  if (about === undefined) return null;
  const spans = "rank" in about ? spansText(about) : `[[${about.first},null]]`;
  const page = new Page(statements, query, about, JSON.parse(spans) as RowsQuery["spans"]);
  page.fill();
  return `{"epoch":${JSON.stringify(about.epoch)},"head":${about.head},"ord":${about.ord},"rows":[${page.texts.join(",")}],"older":${page.older},"newer":${page.newer},"spans":${spans}}`;
}

function accessOf(statements: ReadStatements, { conversation, reader }: Given<"range">): AccessRecord | undefined {
  return statements.access.one(conversation, reader ?? "");
}

/** The rows of one answer, as JSON texts, oldest first; they grow at either end until one does not fit. */
class Page {
  readonly #statements: ReadStatements;
  readonly #query: Given<"range">;
  readonly #rows: RowsQuery;
  readonly #above: string[] = [];
  readonly #below: string[] = [];
  #bytes = 0;
  older = false;
  newer = false;

  constructor(
    statements: ReadStatements,
    query: Given<"range">,
    { conversation, head }: HeadRecord | AccessRecord,
    spans: RowsQuery["spans"],
  ) {
    this.#statements = statements;
    this.#query = query;
    this.#rows = { conversation, head, present: query.view === "present", re: query.re ?? null, spans };
  }

  get texts(): readonly string[] {
    return [...this.#below.toReversed(), ...this.#above];
  }

  fill(): void {
    const { from, after = 0, before = this.#rows.head + 1 } = this.#query;
    const none: Iterator<Row> = [].values();
    const rows = (direction: "oldest" | "newest", low: number, high: number) =>
      rowsOf(this.#statements, this.#rows, direction, low, high);
    if (from === "oldest") this.#alternate(rows("oldest", after, before), none);
    else if (from === "newest") this.#alternate(none, rows("newest", after, before));
    else {
      const pivot = Math.max(from, 0);
      this.#alternate(
        rows("oldest", Math.max(after, pivot - 1), before),
        rows("newest", after, Math.min(before, pivot)),
      );
    }
  }

  /** Takes from above and from below in turns, from above first, until the page is full; an end that has no more leaves its turns to the other. */
  #alternate(above: Iterator<Row>, below: Iterator<Row>): void {
    let up = above.next();
    let down = below.next();
    for (let turn = "up"; !up.done || !down.done; turn = turn === "up" ? "down" : "up") {
      const goUp = down.done || (turn === "up" && !up.done);
      const row = goUp ? up.value : down.value;
      if (row === undefined || !this.#add(row, goUp ? this.#above : this.#below)) break;
      if (goUp) up = above.next();
      else down = below.next();
    }
    this.newer = !up.done;
    this.older = !down.done;
  }

  /** false: the page is full. */
  #add(row: Row, end: string[]): boolean {
    const taken = this.#above.length + this.#below.length;
    if (taken >= this.#query.rows) return false;
    const text = this.#rows.present ? this.#presentText(row as PresentRecord) : eventText(row);
    this.#bytes += Buffer.byteLength(text);
    if (this.#bytes > this.#query.bytes && taken > 0) return false;
    end.push(text);
    return true;
  }

  #presentText(row: PresentRecord): string {
    return presentRowText(this.#statements, this.#rows.conversation, row, this.#query.reader ?? null);
  }
}
