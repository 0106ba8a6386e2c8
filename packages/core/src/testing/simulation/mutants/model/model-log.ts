import type { ConversationId, Epoch, MessageId, Role, UserId } from "@earshot/protocol";
import type { SeenEvent } from "../../history-line.ts";

export interface Marks {
  delivered: number;
  read: number;
}

type Member = readonly [UserId, Role | null];

/** A conversation as it has to be: its log, who was a member when, and how far each of them is. */
export class ModelLog {
  readonly conv: ConversationId;
  readonly wholeHistory: boolean;
  epoch: Epoch;
  #lives = 1;
  entries: SeenEvent[] = [];
  readonly marks = new Map<UserId, Marks>();
  /** Of each user who ever was a member when they became it or ceased to be. */
  readonly #changes = new Map<UserId, (readonly [seq: number, member: boolean])[]>();

  constructor(conv: ConversationId, creator: UserId, members: readonly UserId[], wholeHistory: boolean) {
    this.conv = conv;
    this.wholeHistory = wholeHistory;
    this.epoch = `${conv}e1`;
    const all = members.map((user): Member => [user, user === creator ? "owner" : "member"]);
    this.#put("meta", creator, { members: all });
    for (const user of members) this.marks.set(user, { delivered: 1, read: 1 });
  }

  get head(): number {
    return this.entries.length;
  }

  /** The event with this key, if it is there. */
  find(from: UserId, cmid: MessageId): SeenEvent | undefined {
    return this.entries.find((entry) => entry.cmid === cmid && entry.from === from);
  }

  append(type: string, from: UserId, cmid: MessageId, hash: string): SeenEvent {
    const entry = this.#put(type, from, { cmid, hash });
    this.raise(from, entry.seq, entry.seq);
    return entry;
  }

  change(by: UserId, user: UserId, role: Role | null): SeenEvent {
    const entry = this.#put("member", by, { members: [[user, role]] });
    if (role === null) this.marks.delete(user);
    else if (!this.marks.has(user)) this.marks.set(user, { delivered: entry.seq, read: entry.seq });
    return entry;
  }

  /** Gives whether anything rose. */
  raise(user: UserId, delivered: number, read: number): boolean {
    const marks = this.marks.get(user);
    if (marks === undefined) return false;
    const was = marks.delivered + marks.read;
    marks.read = Math.max(marks.read, Math.min(read, this.head));
    marks.delivered = Math.max(marks.delivered, Math.min(delivered, this.head), marks.read);
    return marks.delivered + marks.read > was;
  }

  isMember(user: UserId, at = this.head): boolean {
    return this.#changes.get(user)?.findLast(([seq]) => seq <= at)?.[1] ?? false;
  }

  /** What the user may have of the log, asked for as a member. */
  mayHave(user: UserId, seq: number): boolean {
    if (this.wholeHistory && this.isMember(user)) return true;
    if (this.wholeHistory) return seq <= (this.#changes.get(user)?.at(-1)?.[0] ?? 0);
    return this.isMember(user, seq) || this.isMember(user, seq - 1);
  }

  /** Goes back to an earlier moment, as another life; gives the epoch before, and the one after. */
  rewind(head: number): readonly [Epoch, Epoch] {
    const before = this.epoch;
    this.#lives++;
    this.epoch = `${this.conv}e${this.#lives}`;
    this.entries = this.entries.slice(0, head).map((entry) => ({ ...entry, epoch: this.epoch }));
    for (const [user, changes] of this.#changes) {
      this.#changes.set(
        user,
        changes.filter(([seq]) => seq <= head),
      );
    }
    for (const [user, marks] of this.marks) {
      if (!this.isMember(user)) this.marks.delete(user);
      marks.delivered = Math.min(marks.delivered, head);
      marks.read = Math.min(marks.read, head);
    }
    for (const user of this.users()) {
      if (this.isMember(user) && !this.marks.has(user)) this.marks.set(user, { delivered: 1, read: 1 });
    }
    return [before, this.epoch];
  }

  /** Whoever ever was a member. */
  users(): Iterable<UserId> {
    return this.#changes.keys();
  }

  #put(type: string, from: UserId, rest: Pick<SeenEvent, "cmid" | "hash" | "members">): SeenEvent {
    const entry: SeenEvent = { conv: this.conv, epoch: this.epoch, seq: this.head + 1, type, from, ...rest };
    this.entries.push(entry);
    for (const [user, role] of rest.members ?? []) {
      const changes = this.#changes.get(user) ?? [];
      this.#changes.set(user, [...changes, [entry.seq, role !== null]]);
    }
    return entry;
  }
}
