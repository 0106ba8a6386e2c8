import type { EventRow, UserId } from "@earshot/protocol";
import type { ReactionChange } from "../ports/append.ts";
import type { Span } from "../ports/pages.ts";
import { firstIndex } from "./first-index.ts";
import { frozenCopy } from "./frozen-copy.ts";
import { withoutContent } from "./logged-row.ts";
import { MemoryReactions } from "./memory-reactions.ts";
import type { Seqs } from "./seq-page.ts";

/** The events of one conversation, and its messages as they stand. */
export class MemoryLog {
  readonly reactions = new MemoryReactions();
  /** From `first` upwards. */
  readonly #rows: EventRow[] = [];
  /** Seqs of messages: the newest within a span is found without looking at what lies between. */
  readonly #messages: number[] = [];
  /** Seqs of what the `present` view has. */
  readonly #present: number[] = [];
  /** Of each message the seqs of its replies, and of the edits that say what it is now. */
  readonly #replies = new Map<number, number[]>();
  readonly #edits = new Map<number, number[]>();
  /** The first seq that is kept, and the messages before it. */
  #first = 1;
  #ordBefore = 0;

  get first(): number {
    return this.#first;
  }

  get head(): number {
    return this.#first - 1 + this.#rows.length;
  }

  get ord(): number {
    return this.#ordBefore + this.#messages.length;
  }

  /** Everything that is kept, as it is now. */
  rows(): readonly EventRow[] {
    return this.#rows.slice();
  }

  /** undefined: beyond the head, or gone. */
  row(seq: number): EventRow | undefined {
    return this.#rows[seq - this.#first];
  }

  /** Messages up to a seq; up to one that is gone, all that are gone. */
  ordAt(seq: number): number {
    return this.row(seq)?.ord ?? this.#ordBefore;
  }

  /** Seq of the newest message for 1, of the one before for 2; undefined: it is gone, or there never was one. */
  messageFromEnd(count: number): number | undefined {
    return this.#messages[this.#messages.length - count];
  }

  /** At most so many, ascending. */
  newestMessages(count: number): readonly EventRow[] {
    return this.#messages.slice(Math.max(0, this.#messages.length - count)).map((seq) => this.row(seq) as EventRow);
  }

  /** Rows of one view; with `re` the replies to that message alone. */
  seqs(view: "log" | "present", re: number | undefined): Seqs {
    if (re !== undefined) return this.#replies.get(re) ?? [];
    if (view === "present") return this.#present;
    const first = this.#first;
    const { length } = this.#rows;
    return { length, at: (index) => (index < length ? first + index : undefined) };
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
    if (entry.type === "delete") this.#empty(target.seq);
    else if (reaction !== undefined && !target.deleted) this.reactions.set(target.seq, entry.from, reaction);
    return row;
  }

  /** A row of the `present` view; a reader's with what is theirs. */
  present(seq: number, reader: UserId | null): EventRow {
    const row = this.row(seq) as EventRow;
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

  /** Seq of the newest message within the spans, none of which begins below `first`. */
  newestMessage(spans: readonly Span[]): number | undefined {
    for (const [from, to] of spans.toReversed()) {
      const seq = this.#messages[this.ordAt(to ?? this.head) - this.#ordBefore - 1];
      if (seq !== undefined && seq >= from) return seq;
    }
    return undefined;
  }

  /** Takes everything below `first` away, for good. */
  cut(first: number): void {
    for (const { seq, type, re } of this.#rows.splice(0, first - this.#first)) {
      this.#edits.delete(seq);
      this.reactions.forget(seq);
      // What it replied to went before it.
      if (type === "message" && re !== undefined) remove(this.#replies, re, seq);
    }
    this.#first = first;
    this.#ordBefore += spliceBelow(this.#messages, first);
    spliceBelow(this.#present, first);
  }

  /**
   * Takes what a user wrote away, as a deletion does, and their reactions; gives the rows that had content
   * until then, as they were.
   */
  erase(user: UserId): readonly EventRow[] {
    this.reactions.forgetUser(user);
    const erased = this.#rows.filter(({ from, type, deleted }) => from === user && !deleted && holdsContent(type));
    for (const { seq, type, re = 0 } of erased) {
      if (type === "message") this.#empty(seq);
      else this.#strip(seq);
      // Another's message that they had edited stands again as it did before.
      if (type === "edit") remove(this.#edits, re, seq);
    }
    return erased;
  }

  /** Takes the content of a message and of its edits away, for good. */
  #empty(seq: number): void {
    for (const each of [seq, ...(this.#edits.get(seq) ?? [])]) this.#strip(each);
    this.#edits.delete(seq);
    this.reactions.forget(seq);
  }

  #strip(seq: number): void {
    this.#rows[seq - this.#first] = withoutContent(this.row(seq) as EventRow);
  }
}

/** Whether events of this type hold what their author wrote. */
function holdsContent(type: EventRow["type"]): boolean {
  return type !== "delete" && type !== "member" && type !== "meta";
}

function add(seqs: Map<number, number[]>, of: number, seq: number): void {
  const known = seqs.get(of);
  if (known === undefined) seqs.set(of, [seq]);
  else known.push(seq);
}

function remove(seqs: Map<number, number[]>, of: number, seq: number): void {
  const left = seqs.get(of)?.filter((each) => each !== seq) ?? [];
  if (left.length > 0) seqs.set(of, left);
  else seqs.delete(of);
}

/** Takes what is below `first` out of ascending seqs; how many they were. */
function spliceBelow(seqs: number[], first: number): number {
  return seqs.splice(
    0,
    firstIndex(seqs.length, (index) => (seqs[index] ?? 0) >= first),
  ).length;
}
