import type { Body, EventRow, InboxRow, MemberBody, Role, UserId } from "@earshot/protocol";
import type { Append } from "../../ports/append.ts";
import type { NewConversation, Settings } from "../../ports/conversation-settings.ts";
import type { Span } from "../../ports/pages.ts";
import { Model } from "../conformance/message-store/model.ts";

/** What is kept of a key: what was sent under it, and what came of it. */
export interface KnownKey {
  readonly content: string;
  readonly seq: number;
}

/** What a repeat is compared by. */
export function contentOf({ type, re, body }: Pick<Append, "type" | "re" | "body">): string {
  return JSON.stringify([type, re ?? null, body ?? null]);
}

/** One conversation, as anybody would tell it who has read its log from the beginning. */
export class TrueConversation {
  readonly made: NewConversation;
  /** Rows as they were first numbered. */
  readonly log: EventRow[] = [];
  readonly roles = new Map<UserId, Role>();
  readonly bans = new Set<UserId>();
  readonly keys = new Map<string, KnownKey>();
  readonly slots = new Map<string, number>();
  readonly saidAt = new Map<UserId, number>();
  readonly #roleChanges = new Map<UserId, (readonly [seq: number, role: Role | null])[]>();
  readonly #settings: (readonly [seq: number, settings: Settings])[] = [];
  readonly #deletedBy = new Map<number, number>();
  #folded: Model | null = null;
  removed = false;
  /** All have left it: who joins then is a plain member, without an owner. */
  abandoned = false;

  constructor(made: NewConversation, rows: readonly EventRow[]) {
    this.made = made;
    const { mode, title, meta, open } = made;
    this.#settings.push([1, { mode, title, meta, open, slow: 0, pinned: [], retention: null }]);
    for (const [user, role] of made.members) this.#setRole(user, role, 1);
    this.log.push(...rows);
  }

  get head(): number {
    return this.log.length;
  }

  get settings(): Settings {
    return this.settingsAt(this.head);
  }

  /** Takes a new entry in. */
  add(entry: Append, row: EventRow): void {
    this.log.push(row);
    if (row.type === "member")
      for (const [user, role] of (row.body as MemberBody).members) this.#setRole(user, role, row.seq);
    if (row.type === "meta")
      this.#settings.push([row.seq, { ...this.settingsAt(row.seq), ...(row.body as Partial<Settings>) }]);
    if (row.type === "delete" && !this.#deletedBy.has(row.re ?? 0)) this.#deletedBy.set(row.re ?? 0, row.seq);
    if (row.type === "message") this.saidAt.set(row.from, row.at);
    if (entry.slot !== undefined) this.slots.set(entry.slot, row.seq);
    for (const [user, banned] of entry.bans ?? []) this.ban(user, banned);
    this.abandoned ||= this.roles.size === 0;
    if (entry.key !== undefined)
      this.keys.set(`${entry.user} ${entry.key.id}`, { content: contentOf(entry), seq: row.seq });
  }

  ban(user: UserId, banned: boolean): void {
    if (banned) this.bans.add(user);
    else this.bans.delete(user);
  }

  /** Seq of the first `delete` of a message, 0 where there is none. */
  deletedBy(seq: number): number {
    return this.#deletedBy.get(seq) ?? 0;
  }

  /** The `delete` that took a row's content away: its own, or, of an edit, its target's. */
  goneBy(row: EventRow): number {
    if (row.type === "message") return this.deletedBy(row.seq);
    return row.type === "edit" ? this.deletedBy(row.re ?? 0) : 0;
  }

  settingsAt(head: number): Settings {
    return (this.#settings.findLast(([seq]) => seq <= head) as readonly [number, Settings])[1];
  }

  roleAt(user: UserId, head: number): Role | null {
    return this.#roleChanges.get(user)?.findLast(([seq]) => seq <= head)?.[1] ?? null;
  }

  /** How many members there were at `head`. */
  membersAt(head: number): number {
    let count = 0;
    for (const user of this.#roleChanges.keys()) if (this.roleAt(user, head) !== null) count++;
    return count;
  }

  /** Stays up to `head`, by the entries that began and ended them. */
  stays(user: UserId, head = this.head): readonly Span[] {
    const stays: Span[] = [];
    let since = 0;
    for (const [seq, role] of this.#roleChanges.get(user) ?? []) {
      if (seq > head) break;
      if (role !== null && since === 0) since = seq;
      else if (role === null && since > 0) {
        stays.push([since, seq]);
        since = 0;
      }
    }
    return since === 0 ? stays : [...stays, [since, null]];
  }

  /** What a member may have as of `head`; null: they were none then. */
  spans(user: UserId, head = this.head): readonly Span[] | null {
    if (this.roleAt(user, head) === null) return null;
    return this.made.wholeHistory ? [[1, null]] : this.stays(user, head);
  }

  /** The log up to `head`, folded. */
  at(head: number): Model {
    if (this.#folded?.log.length === head) return this.#folded;
    const model = new Model();
    model.log.push(...this.log.slice(0, head));
    this.#folded = model;
    return model;
  }

  ordAt(seq: number): number {
    return this.log[seq - 1]?.ord ?? 0;
  }

  /** The row of a member's inbox as of `head`, with these private values. */
  inboxRow(
    user: UserId,
    head: number,
    own: Pick<InboxRow, "read" | "delivered" | "mute"> & { readonly marked: boolean },
  ): InboxRow | null {
    const spans = this.spans(user, head);
    const role = this.roleAt(user, head);
    if (spans === null || role === null) return null;
    const { kind, epoch, id } = this.made;
    const { mode, title, meta, open, slow, pinned } = this.settingsAt(head);
    const model = this.at(head);
    const last = model.presentView(user).findLast(({ type, seq }) => type === "message" && isWithin(seq, spans));
    const { marked, ...watermarks } = own;
    return {
      c: id,
      kind,
      mode,
      epoch,
      head,
      ord: this.ordAt(head),
      ...watermarks,
      ...model.unread(user, own.read),
      role,
      title,
      meta: meta as Body | null,
      last: last ?? null,
      ...(marked ? { marked: true } : {}),
      ...(open ? { open: true } : {}),
      ...(slow > 0 ? { slow } : {}),
      ...(pinned.length > 0 ? { pinned } : {}),
    };
  }

  #setRole(user: UserId, role: Role | null, seq: number): void {
    const changes = this.#roleChanges.get(user) ?? [];
    changes.push([seq, role]);
    this.#roleChanges.set(user, changes);
    if (role === null) this.roles.delete(user);
    else this.roles.set(user, role);
  }
}

export function isWithin(seq: number, spans: readonly Span[]): boolean {
  return spans.some(([from, to]) => seq >= from && (to === null || seq <= to));
}
