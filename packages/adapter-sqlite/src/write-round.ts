import type { AppendResult } from "@earshot/core";
import type { ConversationText, CreateOutcome, EntryOutcome, EntryText } from "./calls.ts";
import type { HeadRecord, MemberRecord, Statements } from "./statements.ts";

type RefusalCode = Extract<AppendResult, { readonly kind: "refused" }>["code"];

/** A conversation's head as it stands within the round. */
interface Head {
  readonly conversation: number;
  readonly epoch: string;
  head: number;
  ord: number;
  members: number;
  membersVersion: number;
  /** null: unchanged. */
  change: number | null;
}

interface Member {
  readonly conversation: number;
  readonly user: string;
  rank: number | null;
  since: number;
  past: string;
  delivered: number;
  read: number;
  readOrd: number;
  /** null: at most its watermarks have changed. */
  change: number | null;
  raised: boolean;
}

/**
 * The writes of one transaction. Entries are decided and written one by one, in their order; heads
 * and members, which several entries change, are kept in memory and written once by `finish`.
 */
export class WriteRound {
  readonly #statements: Statements;
  readonly #heads = new Map<string, Head>();
  readonly #members = new Map<string, Member>();
  readonly #changeBefore: number;
  #change: number;

  constructor(statements: Statements) {
    this.#statements = statements;
    this.#changeBefore = statements.store.one()?.change ?? 0;
    this.#change = this.#changeBefore;
  }

  append(entry: EntryText): EntryOutcome {
    const head = this.#headOf(entry.conversation);
    if (head === null) return refused(entry.lookup ? "absent" : "not_found");
    if (entry.lookup) return this.#storedAnswer(head, entry) ?? refused("absent");
    const author = this.#memberOf(head.conversation, entry.user);
    const code = refusalOf(entry, head, author) ?? (this.#lacksTarget(head, entry) ? "no_target" : null);
    // A stored key answers before anything else is looked at (I4).
    if (code !== null || author === null) return this.#storedAnswer(head, entry) ?? refused(code ?? "not_found");

    const seq = head.head + 1;
    const ord = entry.type === "message" ? head.ord + 1 : head.ord;
    if (entry.id !== null && !this.#insertKey(head.conversation, entry, seq, ord)) {
      return this.#storedAnswer(head, entry) ?? refused("absent");
    }
    const { user, at, type, id, body, re, mentions } = entry;
    this.#statements.insertEvent.run(head.conversation, seq, ord, type, id, user, at, body, re, mentions);
    head.head = seq;
    head.ord = ord;
    head.change = ++this.#change;
    if (entry.members !== null) this.#changeMembers(head, entry.members);
    if (entry.id !== null) raise(author, seq, ord);
    return { kind: "event", epoch: head.epoch, seq, ord, membersVersion: head.membersVersion };
  }

  create(made: ConversationText): CreateOutcome {
    const direct = made.pair === null ? undefined : this.#statements.direct.one(made.pair);
    if (direct !== undefined) return { kind: "existing", id: direct.id };
    const same = this.#statements.conversation.one(made.id);
    if (same !== undefined)
      return same.creator === made.creator ? { kind: "existing", id: same.id } : { kind: "conflict" };

    const { id, pair, creator, kind, mode, title, meta } = made;
    const change = ++this.#change;
    const open = made.open ? 1 : 0;
    const wholeHistory = made.wholeHistory ? 1 : 0;
    const inserted = this.#statements.insertConversation.run(
      id,
      pair,
      creator,
      kind,
      mode,
      title,
      meta,
      open,
      wholeHistory,
    );
    const conversation = Number(inserted.lastInsertRowid);
    this.#statements.insertHead.run(conversation, made.epoch, made.first.length, made.members.length, change);
    for (const [at, [type, body]] of made.first.entries()) {
      this.#statements.insertEvent.run(conversation, at + 1, 0, type, null, creator, made.at, body, null, null);
    }
    for (const [user, rank] of made.members) {
      this.#statements.putMember.run(conversation, user, rank, 1, "[]", 1, 1, 0, change);
    }
    return { kind: "created", membersVersion: 1 };
  }

  keep(name: string, value: string): string {
    this.#statements.keepSetting.run(name, value);
    return this.#statements.setting.one(name)?.value ?? value;
  }

  /** Writes what was kept in memory: each row once, heads in the order of their numbers. */
  finish(): void {
    for (const head of [...this.#heads.values()].sort((a, b) => a.conversation - b.conversation)) {
      if (head.change === null) continue;
      const { head: seq, ord, members, membersVersion, change, conversation } = head;
      this.#statements.setHead.run(seq, ord, members, membersVersion, change, conversation);
    }
    for (const {
      conversation,
      user,
      rank,
      since,
      past,
      delivered,
      read,
      readOrd,
      change,
      raised,
    } of this.#members.values()) {
      if (change !== null) {
        this.#statements.putMember.run(conversation, user, rank, since, past, delivered, read, readOrd, change);
      } else if (raised) {
        this.#statements.raiseMember.run(delivered, read, readOrd, conversation, user);
      }
    }
    if (this.#change !== this.#changeBefore) this.#statements.setChange.run(this.#change);
  }

  /** Whether the entry replies to what is no message of this conversation. */
  #lacksTarget({ conversation }: Head, { re }: EntryText): boolean {
    return re !== null && this.#statements.event.one(conversation, re)?.type !== "message";
  }

  /** false: the key is there already. */
  #insertKey(conversation: number, { user, id, hash, at }: EntryText, seq: number, ord: number): boolean {
    return Number(this.#statements.insertKey.run(conversation, user, id, hash, seq, ord, at).changes) > 0;
  }

  #storedAnswer({ conversation, epoch }: Head, { user, id, hash }: EntryText): EntryOutcome | null {
    const stored = id === null ? undefined : this.#statements.key.one(conversation, user, id);
    if (stored === undefined) return null;
    if (stored.hash !== hash) return refused("conflict");
    return { kind: "duplicate", epoch, seq: stored.seq, ord: stored.ord, at: stored.at };
  }

  #changeMembers(head: Head, changes: readonly (readonly [string, number | null])[]): void {
    let changed = false;
    // A user that is named twice ends as the last one says.
    for (const [user, rank] of new Map(changes)) {
      const member = this.#memberOf(head.conversation, user);
      if ((member?.rank ?? null) === rank) continue;
      changed = true;
      if (rank === null) {
        if (member !== null) leave(member, head);
      } else if (member === null || member.rank === null) {
        this.#join(head, user, rank, member?.past ?? "[]");
      } else {
        member.rank = rank;
        member.change = head.change;
      }
    }
    if (changed) head.membersVersion += 1;
  }

  #join(head: Head, user: string, rank: number, past: string): void {
    const { conversation, head: seq, ord, change } = head;
    const joined = {
      conversation,
      user,
      rank,
      since: seq,
      past,
      delivered: seq,
      read: seq,
      readOrd: ord,
      change,
      raised: false,
    };
    this.#members.set(`${conversation} ${user}`, joined);
    head.members += 1;
  }

  #headOf(id: string): Head | null {
    const known = this.#heads.get(id);
    if (known !== undefined) return known;
    const record = this.#statements.head.one(id);
    if (record === undefined) return null;
    const head = headFrom(record);
    this.#heads.set(id, head);
    return head;
  }

  #memberOf(conversation: number, user: string): Member | null {
    const place = `${conversation} ${user}`;
    const known = this.#members.get(place);
    if (known !== undefined) return known;
    const record = this.#statements.member.one(conversation, user);
    if (record === undefined) return null;
    const member = memberFrom(conversation, user, record);
    this.#members.set(place, member);
    return member;
  }
}

function refusalOf(entry: EntryText, head: Head, author: Member | null): RefusalCode | null {
  if (author === null || author.rank === null) return "not_found";
  if ((entry.by & (1 << author.rank)) === 0) return "forbidden";
  if (entry.ifMembersVersion !== null && entry.ifMembersVersion !== head.membersVersion) return "stale";
  return null;
}

function refused(code: RefusalCode): EntryOutcome {
  return { kind: "refused", code };
}

/** The sender has what they have sent. */
function raise(author: Member, seq: number, ord: number): void {
  author.delivered = seq;
  author.read = seq;
  author.readOrd = ord;
  author.raised = true;
}

/** Ends the stay at the entry that ends it, which is the last they may have. */
function leave(member: Member, head: Head): void {
  const stay = `[${member.since},${head.head}]`;
  member.past = member.past === "[]" ? `[${stay}]` : `${member.past.slice(0, -1)},${stay}]`;
  member.rank = null;
  member.change = head.change;
  head.members -= 1;
}

function headFrom({ conversation, epoch, head, ord, members, members_version }: HeadRecord): Head {
  return { conversation, epoch, head, ord, members, membersVersion: members_version, change: null };
}

function memberFrom(conversation: number, user: string, record: MemberRecord): Member {
  const { rank, since, past, delivered, read, read_ord } = record;
  return { conversation, user, rank, since, past, delivered, read, readOrd: read_ord, change: null, raised: false };
}
