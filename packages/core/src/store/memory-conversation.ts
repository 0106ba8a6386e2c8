import type { EventRow, InboxRow, UserId } from "@earshot/protocol";
import type { Append, AppendResult } from "../ports/append.ts";
import type { ConversationSettings, NewConversation, Settings } from "../ports/conversation-settings.ts";
import type { Expired, Membership } from "../ports/message-store.ts";
import type { Access, Change, EventPage, RangeQuery, Span } from "../ports/pages.ts";
import type { Raise, Raised, TallyRow } from "../ports/watermarks.ts";
import { appendRefusal, type CheckedAgainst } from "./append-refusal.ts";
import { type DirectPair, directPair } from "./direct-pair.ts";
import { expiredUpTo } from "./expired-up-to.ts";
import { frozenCopy } from "./frozen-copy.ts";
import { loggedRow } from "./logged-row.ts";
import { memberSpans } from "./member-spans.ts";
import type { InboxEntry, InboxPlace } from "./memory-inbox.ts";
import { inboxRow } from "./memory-inbox-row.ts";
import { MemoryKeys } from "./memory-keys.ts";
import { MemoryLog } from "./memory-log.ts";
import type { MemoryMember, PresentMember } from "./memory-member.ts";
import { MemoryMembers } from "./memory-members.ts";
import { MemoryMentions } from "./memory-mentions.ts";
import { seqPage } from "./seq-page.ts";
import { tallyOf } from "./tally-of.ts";

/** The store's next change number: every call is a change. */
export type NextChange = () => number;

/** One conversation of the memory store, changed in one step without an await. */
export class MemoryConversation implements InboxEntry {
  readonly created: Omit<NewConversation, "members" | "first" | keyof Settings>;
  readonly members: MemoryMembers;
  /** Of a `direct`: its two users. */
  readonly pair: DirectPair | null;
  readonly #log = new MemoryLog();
  readonly #mentions = new MemoryMentions();
  readonly #keys = new MemoryKeys();
  readonly #bans = new Set<UserId>();
  /** Who has written here without ever having been a member. */
  readonly #strangers = new Set<UserId>();
  /** Seqs of the last events of slots. */
  readonly #slots = new Map<string, number>();
  readonly #saidAt = new Map<UserId, number>();
  readonly #nextChange: NextChange;
  #settings: Settings;
  #settingsVersion = 1;
  /** The store's change number of the last change that every member sees. */
  #change: number;

  constructor(made: NewConversation, nextChange: NextChange) {
    const { members, first, mode, title, meta, open, ...created } = made;
    this.created = created;
    this.pair = directPair(made);
    this.#settings = frozenCopy({ mode, title, meta, open, slow: 0, pinned: [], retention: null });
    this.#nextChange = nextChange;
    this.#change = nextChange();
    for (const { type, body } of first) this.#log.push({ type, from: created.creator, at: created.at, body });
    this.members = new MemoryMembers(members, this.#change);
    this.#wrote(created.creator);
  }

  get id(): string {
    return this.created.id;
  }

  get head(): number {
    return this.#log.head;
  }

  /** Everybody who is or was a member, or has written here. */
  users(): Iterable<UserId> {
    return new Set([...this.members.all.keys(), ...this.#strangers]);
  }

  /** What is kept of the log, as it is now. */
  rows(): readonly EventRow[] {
    return this.#log.rows();
  }

  /** undefined: beyond the head, or expired. */
  row(seq: number): EventRow | undefined {
    return this.#log.row(seq);
  }

  /** The stored key's answer to a repeat, or null if the key is new. */
  answerOf(entry: Append): AppendResult | null {
    return this.#keys.answerTo(entry, this.created.epoch);
  }

  /** Numbers and writes an entry whose key is new. `blocked`: one of a `direct` has blocked the other. */
  append(entry: Append, blocked: boolean): AppendResult {
    const refused = appendRefusal(entry, this.#checkedAgainst(blocked));
    if (refused !== null) return refused;
    if (entry.type === "delete" && entry.re !== undefined) this.#mentions.remove(this.#log.row(entry.re) as EventRow);
    const row = this.#log.push(loggedRow(entry), entry.reaction);
    this.#change = this.#nextChange();
    if (row.type === "message") {
      this.#mentions.add(row, (user) => this.members.get(user) !== undefined);
      this.#saidAt.set(row.from, row.at);
    }
    if (entry.slot !== undefined) this.#slots.set(entry.slot, row.seq);
    for (const user of this.members.apply(entry.members ?? [], row, this.#change)) this.#mentions.forget(user);
    this.#wrote(row.from);
    for (const [user, banned] of entry.bans ?? []) this.#setBan(user, banned);
    if (entry.settings !== undefined) {
      this.#settings = { ...this.#settings, ...frozenCopy(entry.settings) };
      this.#settingsVersion += 1;
    }
    if (entry.key !== undefined) {
      this.#keys.keep(entry.key, row);
      // It is a send: its author has what stands before it, and has read it.
      const author = this.members.get(row.from);
      if (author !== undefined) this.#read(author, row.seq);
    }
    const { mode } = this.#settings;
    return { kind: "event", epoch: this.created.epoch, row, mode, membersVersion: this.members.version };
  }

  range(query: RangeQuery): EventPage | null {
    const { view, re, reader } = query;
    const { head, ord, first } = this.#log;
    const spans: readonly Span[] | null = reader === undefined ? [[first, null]] : this.#spansOf(reader);
    if (spans === null) return null;
    const rowOf = (seq: number) =>
      view === "log" ? (this.#log.row(seq) as EventRow) : this.#log.present(seq, reader ?? null);
    return { epoch: this.created.epoch, head, ord, ...seqPage(this.#log.seqs(view, re), spans, query, rowOf), spans };
  }

  settings(): ConversationSettings {
    const { count: members, version: membersVersion } = this.members;
    const { kind, epoch } = this.created;
    return { ...this.#settings, epoch, kind, members, settingsVersion: this.#settingsVersion, membersVersion };
  }

  /** As it stands now. */
  change(): Change {
    const { id, epoch } = this.created;
    const { head, ord } = this.#log;
    return { conversation: id, epoch, head, ord, mode: this.#settings.mode, membersVersion: this.members.version };
  }

  tally(limit: number): readonly TallyRow[] {
    return tallyOf(this.#log.newestMessages(limit), this.members);
  }

  access(user: UserId): Access | null {
    const member = this.members.get(user);
    if (member === undefined) return null;
    const { kind, epoch } = this.created;
    const { mode } = this.#settings;
    const { role, delivered, read } = member;
    const { head, ord } = this.#log;
    const { count, version } = this.members;
    const spans = this.#spans(member);
    return { role, spans, kind, mode, epoch, head, ord, delivered, read, members: count, membersVersion: version };
  }

  /** null: never a member, and has written nothing here. */
  membership(user: UserId): Membership | null {
    const member = this.members.all.get(user);
    if (member !== undefined) return { conversation: this.id, role: member.role, spans: this.#spans(member) };
    return this.#strangers.has(user) ? { conversation: this.id, role: null, spans: [] } : null;
  }

  inboxPlace(user: UserId): InboxPlace | null {
    const member = this.members.all.get(user);
    if (member === undefined) return null;
    if (member.role === null) return { gone: true, change: member.change };
    return { gone: false, change: Math.max(member.change, this.#change) };
  }

  inboxRow(user: UserId): InboxRow | null {
    const member = this.members.get(user);
    if (member === undefined) return null;
    const sources = { created: this.created, settings: this.#settings, log: this.#log, mentions: this.#mentions };
    return inboxRow(sources, member, this.#spans(member));
  }

  raise({ user, epoch, ...to }: Raise): Raised | null {
    const member = this.members.get(user);
    if (member === undefined) return null;
    const { delivered = 0, read }: Partial<Raise> = (epoch ?? this.created.epoch) === this.created.epoch ? to : {};
    const { head } = this.#log;
    const before = { delivered: member.delivered, read: member.read, marked: member.marked };
    this.#read(member, Math.min(read ?? 0, head));
    member.delivered = Math.max(member.delivered, Math.min(delivered, head));
    if (read !== undefined) member.marked = false;
    const rowChanged = member.read > before.read || member.marked !== before.marked;
    if (rowChanged) member.change = this.#nextChange();
    const rose = member.delivered > before.delivered || member.read > before.read;
    const { count: members } = this.members;
    return { epoch: this.created.epoch, delivered: member.delivered, read: member.read, rose, members };
  }

  put(user: UserId, { mute, marked }: { readonly mute?: boolean | number; readonly marked?: boolean }): boolean {
    const member = this.members.get(user);
    if (member === undefined) return false;
    member.mute = mute ?? member.mute;
    member.marked = marked ?? member.marked;
    member.change = this.#nextChange();
    return true;
  }

  ban(user: UserId, banned: boolean): boolean {
    if (this.members.get(user) !== undefined) return false;
    this.#setBan(user, banned);
    return true;
  }

  /** Takes the log's beginning away; `gone`: so many events of it. */
  expire(
    rule: { readonly before?: number; readonly messages?: number },
    rows: number,
  ): Expired & { readonly gone: number } {
    const { first } = this.#log;
    const expired = expiredUpTo(this.#log, rule, rows);
    this.#log.cut(expired.from);
    this.#mentions.cut(expired.from);
    return { ...expired, gone: expired.from - first };
  }

  /** Takes away what the user wrote here. */
  erase(user: UserId): void {
    const erased = this.#log.erase(user);
    for (const row of erased) if (row.type === "message") this.#mentions.remove(row);
    this.#keys.forgetContent(user);
    if (erased.length > 0) this.#change = this.#nextChange();
  }

  #wrote(user: UserId): void {
    if (!this.members.all.has(user)) this.#strangers.add(user);
  }

  #checkedAgainst(blocked: boolean): CheckedAgainst {
    return {
      members: this.members,
      settings: this.#settings,
      settingsVersion: this.#settingsVersion,
      bans: this.#bans,
      blocked,
      reactions: this.#log.reactions,
      row: (seq) => this.#log.row(seq),
      lastOf: (slot) => this.#slots.get(slot) ?? 0,
      lastSaidAt: (user) => this.#saidAt.get(user),
    };
  }

  /** I14: raises `read`, and `delivered` to it, unless they are higher. */
  #read(member: PresentMember, seq: number): void {
    if (seq > member.read) {
      member.read = seq;
      member.readOrd = this.#log.ordAt(seq);
    }
    member.delivered = Math.max(member.delivered, member.read);
    this.#mentions.read(member.user, member.read);
  }

  #setBan(user: UserId, banned: boolean): void {
    if (banned) this.#bans.add(user);
    else this.#bans.delete(user);
  }

  /** What a reader may have; null: they are no member. */
  #spansOf(user: UserId): readonly Span[] | null {
    const member = this.members.get(user);
    return member === undefined ? null : this.#spans(member);
  }

  #spans(member: MemoryMember): readonly Span[] {
    return memberSpans(member, this.created.wholeHistory, this.#log.first);
  }
}
