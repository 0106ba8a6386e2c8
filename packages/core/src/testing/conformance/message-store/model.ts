import type { EventRow, MemberBody, UserId } from "@earshot/protocol";
import type { Span } from "../../../ports/message-store.ts";

/**
 * What a log says, told in the plainest way: by looking through all of it, every time. `log` is the
 * rows as `append` gave them.
 */
export class Model {
  readonly log: EventRow[] = [];

  isDeleted(seq: number): boolean {
    return this.#about(seq).some(({ type }) => type === "delete");
  }

  /** Rows of the `log` view. */
  logView(): readonly EventRow[] {
    return this.log.map((row) => {
      const message = row.type === "edit" ? (row.re ?? 0) : row.seq;
      return (row.type === "message" || row.type === "edit") && this.isDeleted(message) ? stripped(row) : row;
    });
  }

  /** Rows of the `present` view. */
  presentView(reader: UserId | null): readonly EventRow[] {
    return this.log
      .filter(({ type }) => type === "message" || type === "member" || type === "meta")
      .map((row) => (row.type === "message" ? this.#present(row, reader) : row));
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
    return since === 0 ? null : [...spans, [since, null]];
  }

  /** Messages above `read`, and those of them that name the user, are not deleted and not their own. */
  unread(user: UserId, read: number): { readonly unread: number; readonly mentions: number } {
    const unread = this.log.filter(({ type, seq }) => type === "message" && seq > read);
    const naming = unread.filter(
      ({ seq, from, mentions }) =>
        from !== user && !this.isDeleted(seq) && (mentions === "all" || mentions?.includes(user)),
    );
    return { unread: unread.length, mentions: naming.length };
  }

  #about(seq: number): readonly EventRow[] {
    return this.log.filter(({ re }) => re === seq);
  }

  #present(row: EventRow, reader: UserId | null): EventRow {
    const about = this.#about(row.seq);
    const replies = about.filter(({ type }) => type === "message").length;
    const counted = replies > 0 ? { replies } : {};
    if (this.isDeleted(row.seq)) return { ...stripped(row), ...counted };
    const edit = about.findLast(({ type }) => type === "edit");
    const reactions = reactionsOf(about).map(
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

/** Who reacted with what, as one keeps it who reads the events one by one. */
function reactionsOf(about: readonly EventRow[]): readonly (readonly [key: string, users: readonly UserId[]])[] {
  let list: (readonly [key: string, users: readonly UserId[]])[] = [];
  for (const { type, from, body } of about) {
    if (type !== "react") continue;
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
  return list;
}

function stripped({ body: _body, mentions: _mentions, ...row }: EventRow): EventRow {
  return { ...row, deleted: true };
}
