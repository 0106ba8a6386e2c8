import type { EventRow, InboxRow, Role, UserId } from "@earshot/protocol";
import { utf8Bytes } from "@earshot/protocol";
import type {
  Access,
  Append,
  AppendResult,
  EventPage,
  MemberChange,
  NewConversation,
  RangeQuery,
  Span,
} from "../ports/message-store.ts";
import { frozenCopy } from "./frozen-copy.ts";
import { compareMembers, join, leave, type MemoryMember } from "./memory-member.ts";

/** What is kept of a key. Outlives the event's content and its author's membership. */
interface StoredKey {
  readonly hash: string;
  readonly seq: number;
  readonly ord: number;
  readonly at: number;
}

/** One conversation of the memory store: log, members and keys, changed in one step without an await. */
export class MemoryConversation {
  readonly created: Omit<NewConversation, "members" | "first">;
  /** Everybody who is or was a member. */
  readonly members = new Map<UserId, MemoryMember>();
  membersVersion = 1;
  /** The store's change number of the last change that every member sees. */
  change: number;
  readonly #log: EventRow[] = [];
  /** Seqs of the log's messages: the newest within a span is found without looking at what lies between. */
  readonly #messages: number[] = [];
  readonly #keys = new Map<string, StoredKey>();
  #present = 0;
  #sorted: readonly (readonly [UserId, Role])[] | null = null;

  constructor({ members, first, ...created }: NewConversation, change: number) {
    this.created = frozenCopy(created);
    this.change = change;
    for (const { type, body } of first) {
      this.#push({ type, from: created.creator, at: created.at, body });
    }
    for (const [user, role] of members) this.#admit(user, role, 1, change);
  }

  get head(): number {
    return this.#log.length;
  }

  get ord(): number {
    return this.#messages.length;
  }

  get log(): readonly EventRow[] {
    return this.#log;
  }

  /** The stored key's answer to a repeat, or null if the key is new. */
  answerOf(entry: Append): AppendResult | null {
    if (entry.key === undefined) return null;
    const stored = this.#keys.get(keyOf(entry.user, entry.key.id));
    if (stored === undefined) return null;
    if (stored.hash !== entry.key.hash) return { kind: "refused", code: "conflict" };
    return { kind: "duplicate", epoch: this.created.epoch, seq: stored.seq, ord: stored.ord, at: stored.at };
  }

  /** Numbers and writes an entry whose key is new; `change` is its change number if it is written. */
  append(entry: Append, change: number): AppendResult {
    const author = this.members.get(entry.user);
    if (author === undefined || author.role === null) return { kind: "refused", code: "not_found" };
    if (!entry.by.includes(author.role)) return { kind: "refused", code: "forbidden" };
    if (entry.ifMembersVersion !== undefined && entry.ifMembersVersion !== this.membersVersion) {
      return { kind: "refused", code: "stale" };
    }
    if (entry.re !== undefined && this.#log[entry.re - 1]?.type !== "message")
      return { kind: "refused", code: "no_target" };
    const row = this.#push({
      type: entry.type,
      ...(entry.key === undefined ? {} : { id: entry.key.id }),
      from: entry.user,
      at: entry.at,
      ...(entry.body === undefined ? {} : { body: entry.body }),
      ...(entry.re === undefined ? {} : { re: entry.re }),
      ...(entry.mentions === undefined ? {} : { mentions: entry.mentions }),
    });
    if (entry.key !== undefined) {
      const { id, hash } = entry.key;
      this.#keys.set(keyOf(entry.user, id), { hash, seq: row.seq, ord: row.ord, at: row.at });
    }
    if (entry.members !== undefined) this.#changeMembers(entry.members, row.seq, change);
    if (entry.key !== undefined) {
      author.delivered = row.seq;
      author.read = row.seq;
    }
    this.change = change;
    return { kind: "event", epoch: this.created.epoch, row, membersVersion: this.membersVersion };
  }

  range(query: RangeQuery): EventPage {
    const end = Math.min((query.before ?? this.head + 1) - 1, this.head);
    const start = Math.max(query.after, 0);
    const rows: EventRow[] = [];
    let bytes = 0;
    while (rows.length < Math.min(query.rows, end - start)) {
      const row = this.#log[query.from === "oldest" ? start + rows.length : end - rows.length - 1];
      if (row === undefined) break;
      bytes += utf8Bytes(JSON.stringify(row));
      if (bytes > query.bytes && rows.length > 0) break;
      rows.push(row);
    }
    if (query.from === "newest") rows.reverse();
    return { epoch: this.created.epoch, head: this.head, ord: this.ord, rows };
  }

  access(user: UserId): Access | null {
    const member = this.members.get(user);
    if (member === undefined || member.role === null) return null;
    const { kind, mode, epoch } = this.created;
    return {
      role: member.role,
      spans: this.#spansOf(member),
      kind,
      mode,
      epoch,
      head: this.head,
      ord: this.ord,
      delivered: member.delivered,
      read: member.read,
      members: this.#present,
      membersVersion: this.membersVersion,
    };
  }

  inboxRow(user: UserId): InboxRow | null {
    const member = this.members.get(user);
    if (member === undefined || member.role === null) return null;
    const { id, kind, mode, epoch, title, meta, open } = this.created;
    return {
      c: id,
      kind,
      mode,
      epoch,
      head: this.head,
      ord: this.ord,
      delivered: member.delivered,
      read: member.read,
      unread: this.ord - (this.#log[member.read - 1]?.ord ?? 0),
      mentions: 0,
      role: member.role,
      title,
      meta,
      mute: false,
      last: this.#lastMessage(this.#spansOf(member)),
      ...(open ? { open: true as const } : {}),
    };
  }

  /** Present members in the order of pages; the same array until somebody changes. */
  sortedMembers(): readonly (readonly [UserId, Role])[] {
    if (this.#sorted === null) {
      const present: (readonly [UserId, Role])[] = [];
      for (const { user, role } of this.members.values()) if (role !== null) present.push([user, role]);
      this.#sorted = present.sort(compareMembers);
    }
    return this.#sorted;
  }

  #push(entry: Omit<EventRow, "seq" | "ord">): EventRow {
    const seq = this.head + 1;
    if (entry.type === "message") this.#messages.push(seq);
    const row = frozenCopy({ seq, ord: this.ord, ...entry });
    this.#log.push(row);
    return row;
  }

  #changeMembers(changes: readonly MemberChange[], seq: number, change: number): void {
    let changed = false;
    // A user that is named twice ends as the last one says.
    for (const [user, role] of new Map(changes)) {
      const member = this.members.get(user);
      if ((member?.role ?? null) === role) continue;
      changed = true;
      if (role === null) {
        leave(member as MemoryMember, seq);
        this.#present -= 1;
      } else if (member === undefined || member.role === null) {
        this.#admit(user, role, seq, change);
      } else {
        member.role = role;
      }
      (this.members.get(user) as MemoryMember).change = change;
    }
    if (!changed) return;
    this.membersVersion += 1;
    this.#sorted = null;
  }

  #admit(user: UserId, role: Role, seq: number, change: number): void {
    let member = this.members.get(user);
    if (member === undefined) {
      member = { user, role, since: seq, past: [], delivered: seq, read: seq, change };
      this.members.set(user, member);
    }
    join(member, role, seq);
    this.#present += 1;
  }

  #spansOf(member: MemoryMember): readonly Span[] {
    return this.created.wholeHistory ? [[1, null]] : [...member.past, [member.since, null]];
  }

  #lastMessage(spans: readonly Span[]): EventRow | null {
    for (const [from, to] of spans.toReversed()) {
      const seq = this.#newestMessage(to ?? this.head);
      if (seq !== undefined && seq >= from) return this.#log[seq - 1] ?? null;
    }
    return null;
  }

  /** Seq of the newest message up to and with `to`. */
  #newestMessage(to: number): number | undefined {
    return this.#messages[(this.#log[to - 1]?.ord ?? 0) - 1];
  }
}

/** No id holds a space. */
function keyOf(user: UserId, id: string): string {
  return `${user} ${id}`;
}
