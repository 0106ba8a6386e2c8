import type { EventRow, MemberBody, UserId } from "@earshot/protocol";
import type { Expired } from "../../../ports/message-store.ts";
import type { Span } from "../../../ports/pages.ts";

/**
 * What a log says, told in the plainest way: by looking through all of it, every time. `log` is the
 * rows as `append` gave them.
 */
export class Model {
  readonly log: EventRow[] = [];
  /** The first seq that has not expired. */
  first = 1;
  /** Of users who have read what is gone: up to where, which is all that was gone then. */
  readonly readOfGone = new Map<UserId, number>();
  readonly #erasures: Erasure[] = [];

  isDeleted(seq: number): boolean {
    const row = this.log[seq - 1];
    return this.#about(seq).some(({ type }) => type === "delete") || (row !== undefined && this.#isErased(row));
  }

  /** Rows of the `log` view. */
  logView(): readonly EventRow[] {
    return this.#kept().map((row) => {
      const message = row.type === "edit" ? (row.re ?? 0) : row.seq;
      const deleted = (row.type === "message" || row.type === "edit") && this.isDeleted(message);
      return deleted || this.#isErased(row) ? stripped(row) : row;
    });
  }

  /** Rows of the `present` view. */
  presentView(reader: UserId | null): readonly EventRow[] {
    return this.#kept()
      .filter(({ type }) => type === "message" || type === "member" || type === "meta")
      .map((row) => (row.type === "message" ? this.#present(row, reader) : row));
  }

  /** Takes the beginning away, and says what a store has to say of it. */
  expire({ before, messages }: { readonly before?: number; readonly messages?: number }, rows: number): Expired {
    const { first, log } = this;
    let kept = first;
    const all = log.filter(({ type }) => type === "message");
    if (messages !== undefined) kept = Math.max(kept, all.at(-messages - 1) ? (all.at(-messages)?.seq ?? 0) : 0);
    if (before !== undefined) {
      const young = log.find(({ seq, at }) => seq >= first && at >= before);
      kept = Math.max(kept, young?.seq ?? log.length);
    }
    this.first = Math.min(kept, first + rows);
    return { from: this.first, more: kept > this.first };
  }

  /** The user's `read` has risen to `seq`. */
  readUpTo(user: UserId, seq: number): void {
    if (seq < this.first) this.readOfGone.set(user, this.first - 1);
  }

  /** Takes away what the user has written up to now. */
  erase(user: UserId): void {
    this.#erasures.push({ user, from: this.first, to: this.log.length });
  }

  /** What a member may have, by the `member` events alone; null: they are no member now. */
  spans(user: UserId, wasThere: boolean): readonly Span[] | null {
    const spans: Span[] = [];
    let since = wasThere ? 1 : 0;
    for (const { type, seq, body } of this.log) {
      if (type !== "member") continue;
      for (const [named, role] of (body as MemberBody).members) {
        if (named !== user) continue;
        if (role !== null && since === 0) since = seq;
        if (role === null && since > 0) {
          spans.push([since, seq]);
          since = 0;
        }
      }
    }
    if (since === 0) return null;
    return [...spans, [since, null] as const]
      .filter(([, to]) => to === null || to >= this.first)
      .map(([from, to]) => [Math.max(from, this.first), to]);
  }

  /** Messages above `read`, and those of them that name the user, have not expired, are not deleted and not their own. */
  unread(user: UserId, read: number): { readonly unread: number; readonly mentions: number } {
    const unread = this.log.filter(({ type, seq }) => type === "message" && seq > read);
    const naming = unread.filter(
      ({ seq, from, mentions }) =>
        seq >= this.first && from !== user && !this.isDeleted(seq) && (mentions === "all" || mentions?.includes(user)),
    );
    return { unread: unread.length, mentions: naming.length };
  }

  #kept(): readonly EventRow[] {
    return this.log.slice(this.first - 1);
  }

  #isErased({ type, from, seq }: EventRow): boolean {
    if (type === "delete" || type === "member" || type === "meta") return false;
    return this.#erasures.some((erasure) => erasure.user === from && erasure.from <= seq && seq <= erasure.to);
  }

  #about(seq: number): readonly EventRow[] {
    return this.log.filter(({ re }) => re === seq);
  }

  #present(row: EventRow, reader: UserId | null): EventRow {
    const about = this.#about(row.seq);
    const replies = about.filter(({ type }) => type === "message").length;
    const counted = replies > 0 ? { replies } : {};
    if (this.isDeleted(row.seq)) return { ...stripped(row), ...counted };
    const edit = about.findLast((event) => event.type === "edit" && !this.#isErased(event));
    const reactions = reactionsOf(about, this.#erasures).map(
      ([key, users]) => [key, users.length, users.some((user) => user === reader)] as const,
    );
    return {
      ...row,
      ...(edit?.body === undefined ? {} : { body: edit.body, edited: edit.seq }),
      ...(reactions.length > 0 ? { reactions } : {}),
      ...counted,
    };
  }
}

/** What a user had written was taken away, of these seqs. */
interface Erasure {
  readonly user: UserId;
  readonly from: number;
  readonly to: number;
}

/** Who reacted with what, as one keeps it who reads the events one by one, and erases where that was done. */
function reactionsOf(
  about: readonly EventRow[],
  erasures: readonly Erasure[],
): readonly (readonly [key: string, users: readonly UserId[]])[] {
  let list: (readonly [key: string, users: readonly UserId[]])[] = [];
  const eraseUpTo = (before: number, after: number) => {
    for (const { user, to } of erasures) {
      if (to < after || to >= before) continue;
      list = list
        .map(([key, users]): readonly [string, readonly UserId[]] => [key, users.filter((other) => other !== user)])
        .filter(([, users]) => users.length > 0);
    }
  };
  let last = 0;
  for (const { type, seq, from, body } of about) {
    if (type !== "react") continue;
    eraseUpTo(seq, last);
    last = seq;
    const { key, on } = body as { readonly key: string; readonly on: boolean };
    if (on && !list.some(([other]) => other === key)) list.push([key, []]);
    list = list
      .map(([other, users]): readonly [string, readonly UserId[]] => {
        if (other !== key) return [other, users];
        const others = users.filter((user) => user !== from);
        return [other, on ? [...others, from] : others];
      })
      .filter(([, users]) => users.length > 0);
  }
  eraseUpTo(Number.POSITIVE_INFINITY, last);
  return list;
}

function stripped({ body: _body, mentions: _mentions, ...row }: EventRow): EventRow {
  return { ...row, deleted: true };
}
