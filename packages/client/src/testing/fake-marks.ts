import type { ConversationId, EventRow, InboxRow, PresenceRow, UserId } from "@earshot/protocol";

interface Mark {
  delivered: number;
  read: number;
  marked: boolean;
}

/** Watermarks and unread marks of everybody, and where everybody stands. */
export class FakeMarks {
  /** In the order in which they came to be known. */
  readonly presence = new Map<UserId, PresenceRow>();
  readonly #marks = new Map<string, Mark>();

  of(c: ConversationId, user: UserId): Mark {
    const key = `${c} ${user}`;
    const mark = this.#marks.get(key) ?? { delivered: 0, read: 0, marked: false };
    this.#marks.set(key, mark);
    return mark;
  }

  /** Never lowers. */
  raise(c: ConversationId, user: UserId, delivered: number, read = 0): Mark {
    const mark = this.of(c, user);
    mark.read = Math.max(mark.read, read);
    mark.delivered = Math.max(mark.delivered, delivered, mark.read);
    return mark;
  }

  /** The log has fallen back to `head`: nobody has more of it. */
  cut(c: ConversationId, head: number): void {
    for (const [key, mark] of this.#marks) {
      if (!key.startsWith(`${c} `)) continue;
      mark.delivered = Math.min(mark.delivered, head);
      mark.read = Math.min(mark.read, head);
    }
  }

  /** The log falls back to its first `kept` events. */
  lose(c: ConversationId, kept: number): void {
    for (const [key, mark] of this.#marks) {
      if (!key.startsWith(`${c} `)) continue;
      mark.read = Math.min(mark.read, kept);
      mark.delivered = Math.min(mark.delivered, kept);
    }
  }

  /** What a user's row says of what was read. */
  rowFields(
    c: ConversationId,
    user: UserId,
    events: readonly EventRow[],
  ): Pick<InboxRow, "delivered" | "read" | "unread" | "mentions" | "marked"> {
    const { delivered, read, marked } = this.of(c, user);
    const unread = events.filter(({ seq, type }) => type === "message" && seq > read);
    const named = unread.filter(
      ({ from, mentions }) => from !== user && (mentions === "all" || mentions?.includes(user)),
    );
    const counted = { delivered, read, unread: unread.length, mentions: named.length };
    return marked ? { ...counted, marked } : counted;
  }
}
