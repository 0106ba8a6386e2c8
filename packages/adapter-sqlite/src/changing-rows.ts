import type { Mode } from "@earshot/protocol";
import type { HeadRecord, MemberRecord } from "./records.ts";
import type { WriteStatements } from "./write-statements.ts";

/** A conversation's head as it stands within the round. */
export interface Head {
  readonly conversation: number;
  readonly epoch: string;
  readonly pair: string | null;
  /** Seq of the first event that is kept. Written where it changes. */
  first: number;
  head: number;
  ord: number;
  members: number;
  membersVersion: number;
  /** Written where it changes. */
  slow: number;
  /** Written where it changes. */
  mode: Mode;
  /** null: unchanged. */
  change: number | null;
  /** What this round has appended, by its first event; null: nothing. */
  stretch: { readonly change: number; readonly first: number } | null;
}

/** A member, or who was one, as they stand within the round. */
export interface Member {
  readonly conversation: number;
  readonly user: string;
  /** null: has left. Written where it changes. */
  rank: number | null;
  delivered: number;
  read: number;
  readOrd: number;
  lastAt: number | null;
  marked: boolean;
  /** The last change in this round that is theirs alone; null: none. */
  change: number | null;
  /** Whether messages that may name them are above their read no longer. */
  mentionsOver: boolean;
  /** Whether watermarks, `lastAt` or the mark have changed. */
  unwritten: boolean;
}

/**
 * Heads and members, which several entries of one round change: read once, kept here, and written
 * once by `write`.
 */
export class ChangingRows {
  readonly #statements: WriteStatements;
  readonly #heads = new Map<string, Head>();
  /** null: never was a member. */
  readonly #members = new Map<string, Member | null>();
  #writtenChange: number;
  #change: number;

  constructor(statements: WriteStatements) {
    this.#statements = statements;
    this.#writtenChange = statements.store.one()?.change ?? 0;
    this.#change = this.#writtenChange;
  }

  /** The number of the next change. */
  nextChange(): number {
    this.#change += 1;
    return this.#change;
  }

  head(id: string): Head | null {
    const known = this.#heads.get(id);
    if (known !== undefined) return known;
    const record = this.#statements.head.one(id);
    // Not kept where there is none: it may be created later in this round.
    if (record === undefined) return null;
    const head = headFrom(record);
    this.#heads.set(id, head);
    return head;
  }

  member(conversation: number, user: string): Member | null {
    const place = `${conversation} ${user}`;
    let member = this.#members.get(place);
    if (member === undefined) {
      const record = this.#statements.member.one(conversation, user);
      member = record === undefined ? null : memberFrom(conversation, user, record);
      this.#members.set(place, member);
    }
    return member;
  }

  addMember(member: Member): void {
    this.#members.set(`${member.conversation} ${member.user}`, member);
  }

  /** Writes what has changed, each row once, heads in the order of their numbers, and forgets all of it. */
  write(): void {
    const stretches: (readonly [change: number, conversation: number, first: number, last: number])[] = [];
    for (const row of [...this.#heads.values()].sort((a, b) => a.conversation - b.conversation)) {
      if (row.change === null) continue;
      const { head, ord, members, membersVersion, change, conversation, stretch } = row;
      this.#statements.setHead.run(head, ord, members, membersVersion, change, conversation);
      if (stretch !== null) stretches.push([stretch.change, conversation, stretch.first, head]);
    }
    // Each at the right end of its table.
    for (const stretch of stretches.sort(([a], [b]) => a - b)) this.#statements.insertStretch.run(...stretch);
    for (const member of this.#members.values()) {
      if (member?.unwritten) this.#writeMember(member);
    }
    if (this.#change !== this.#writtenChange) this.#statements.setChange.run(this.#change);
    this.#writtenChange = this.#change;
    this.#heads.clear();
    this.#members.clear();
  }

  #writeMember({ conversation, user, delivered, read, readOrd, lastAt, marked, change, mentionsOver }: Member): void {
    const marks = [delivered, read, readOrd, lastAt] as const;
    if (change === null) this.#statements.setMarks.run(...marks, conversation, user);
    else this.#statements.setMarksAndRow.run(...marks, marked ? 1 : 0, change, conversation, user);
    if (mentionsOver) this.#statements.effects.deleteMentionsUpTo.run(conversation, user, read);
  }
}

function headFrom(record: HeadRecord): Head {
  const { conversation, epoch, pair, first, head, ord, members, members_version: membersVersion } = record;
  const { slow, mode } = record;
  const unchanged = { change: null, stretch: null };
  return { conversation, epoch, pair, first, head, ord, members, membersVersion, slow, mode, ...unchanged };
}

function memberFrom(conversation: number, user: string, record: MemberRecord): Member {
  const { rank, delivered, read, read_ord: readOrd, last_at: lastAt } = record;
  const marks = { delivered, read, readOrd, lastAt, marked: record.marked === 1 };
  return { conversation, user, rank, ...marks, change: null, mentionsOver: false, unwritten: false };
}
