import type { EventRow, UserId } from "@earshot/protocol";
import type { ReactionChange, Span } from "../ports/message-store.ts";
import { frozenCopy } from "./frozen-copy.ts";
import { MemoryReactions } from "./memory-reactions.ts";
import type { Seqs } from "./seq-page.ts";

/** The events of one conversation, and its messages as they stand. */
export class MemoryLog {
  readonly reactions = new MemoryReactions();
  readonly #rows: EventRow[] = [];
  /** Seqs of messages: the newest within a span is found without looking at what lies between. */
  readonly #messages: number[] = [];
  /** Seqs of what the `present` view has. */
  readonly #present: number[] = [];
  /** Of each message the seqs of its replies, and of the edits that say what it is now. */
  readonly #replies = new Map<number, number[]>();
  readonly #edits = new Map<number, number[]>();

  get head(): number {
    return this.#rows.length;
  }

  get ord(): number {
    return this.#messages.length;
  }

  /** The whole log as it is now. */
  rows(): readonly EventRow[] {
    return this.#rows.slice();
  }

  row(seq: number): EventRow | undefined {
    return this.#rows[seq - 1];
  }

  /** Rows of one view; with `re` the replies to that message alone. */
  seqs(view: "log" | "present", re: number | undefined): Seqs {
    if (re !== undefined) return this.#replies.get(re) ?? [];
    if (view === "present") return this.#present;
    const { head } = this;
    return { length: head, at: (index) => (index < head ? index + 1 : undefined) };
  }

  /** Numbers and writes an entry, and does to its target what it says; gives its row. */
  push(entry: Omit<EventRow, "seq" | "ord">, reaction?: ReactionChange): EventRow {
    const seq = this.head + 1;
    if (entry.type === "message") this.#messages.push(seq);
    if (entry.type === "message" || entry.type === "member" || entry.type === "meta") this.#present.push(seq);
    const target = entry.re === undefined ? undefined : this.row(entry.re);
    const written = frozenCopy({ seq, ord: this.ord, ...entry });
    const row = entry.type === "edit" && target?.deleted ? withoutContent(written) : written;
    this.#rows.push(row);
    if (target === undefined) return row;
    if (entry.type === "message") add(this.#replies, target.seq, seq);
    if (entry.type === "edit" && !target.deleted) add(this.#edits, target.seq, seq);
    if (entry.type === "delete") this.#erase(target.seq);
    else if (reaction !== undefined && !target.deleted) this.reactions.set(target.seq, entry.from, reaction);
    return row;
  }

  /** A row of the `present` view; a reader's with what is theirs. */
  present(seq: number, reader: UserId | null): EventRow {
    const row = this.#rows[seq - 1] as EventRow;
    if (row.type !== "message") return row;
    const replies = this.#replies.get(seq)?.length;
    const edit = this.row(this.#edits.get(seq)?.at(-1) ?? 0);
    const reactions = this.reactions.rowsOf(seq, reader);
    if (replies === undefined && edit === undefined && reactions === undefined) return row;
    return {
      ...row,
      ...(edit?.body === undefined ? {} : { body: edit.body, edited: edit.seq }),
      ...(reactions === undefined ? {} : { reactions }),
      ...(replies === undefined ? {} : { replies }),
    };
  }

  /** Seq of the newest message within the spans. */
  newestMessage(spans: readonly Span[]): number | undefined {
    for (const [from, to] of spans.toReversed()) {
      const seq = this.#messages[(this.row(to ?? this.head)?.ord ?? 0) - 1];
      if (seq !== undefined && seq >= from) return seq;
    }
    return undefined;
  }

  /** Takes the content of a message and of its edits away, for good. */
  #erase(seq: number): void {
    for (const each of [seq, ...(this.#edits.get(seq) ?? [])]) {
      this.#rows[each - 1] = withoutContent(this.#rows[each - 1] as EventRow);
    }
    this.#edits.delete(seq);
    this.reactions.forget(seq);
  }
}

function add(seqs: Map<number, number[]>, of: number, seq: number): void {
  const known = seqs.get(of);
  if (known === undefined) seqs.set(of, [seq]);
  else known.push(seq);
}

function withoutContent({ body: _body, mentions: _mentions, ...row }: EventRow): EventRow {
  return Object.freeze({ ...row, deleted: true });
}
