import type { Append } from "@earshot/core";
import type { ConversationId } from "@earshot/protocol";
import { BatchRows, type Head, type Member, placeOf } from "./batch-rows.ts";

/** Conversations that are remembered, and of each the last authors. */
export const CONVERSATIONS_MAX = 5_000;
export const AUTHORS_MAX = 32;

interface Known {
  readonly head: Head;
  /** By user. */
  readonly authors: Map<string, Member>;
  /** Whether nobody else wrote between this store's last two batches: so presumably nobody will before the next. */
  readonly isAlone: boolean;
}

/**
 * How conversations stood when this store last wrote to them. What a plain send depends on changes with its head alone: so
 * where that still stands as it did, which the write itself finds out, nothing has to be read before it. Those unused for
 * longest are forgotten.
 */
export class KnownHeads {
  readonly #known = new Map<ConversationId, Known>();

  /** What these entries depend on, as far as it is known; null: not all of it, or somebody else writes as well. */
  rowsFor(entries: readonly Append[]): BatchRows | null {
    const rows = new BatchRows();
    for (const entry of entries) {
      const known = this.#known.get(entry.conversation);
      const author = known?.isAlone && isPlain(entry) ? known.authors.get(entry.user) : undefined;
      if (known === undefined || author === undefined) return null;
      const place = placeOf(author.conversation, author.user);
      if (!rows.heads.has(entry.conversation)) rows.heads.set(entry.conversation, { ...known.head });
      if (!rows.members.has(place)) rows.members.set(place, { ...author });
    }
    return rows;
  }

  /** Conversations of these, as they were just read, that stand as this store has left them. */
  unmoved({ heads }: BatchRows): ReadonlySet<ConversationId> {
    const unmoved = new Set<ConversationId>();
    for (const [id, { head, epoch }] of heads) {
      const known = this.#known.get(id)?.head;
      if (known?.head === head && known.epoch === epoch) unmoved.add(id);
    }
    return unmoved;
  }

  /** Keeps how they stand now, after the commit. */
  keep({ heads, members }: BatchRows, alone: ReadonlySet<ConversationId>): void {
    const byNumber = new Map<number, Known>();
    for (const [id, head] of heads) {
      // Of two users one may block the other, which moves no head.
      if (head.pair !== null) continue;
      const authors = this.#known.get(id)?.authors ?? new Map<string, Member>();
      const known = { head: { ...head, stretch: null }, authors, isAlone: alone.has(id) };
      if (!known.isAlone) authors.clear();
      this.#known.delete(id);
      this.#known.set(id, known);
      byNumber.set(head.conversation, known);
    }
    for (const member of members.values()) {
      const authors = byNumber.get(member.conversation)?.authors;
      if (authors === undefined) continue;
      authors.delete(member.user);
      authors.set(member.user, { ...member, unwritten: "nothing", unnamedTo: 0 });
      shorten(authors, AUTHORS_MAX);
    }
    shorten(this.#known, CONVERSATIONS_MAX);
  }

  forget(ids: Iterable<ConversationId>): void {
    for (const id of ids) this.#known.delete(id);
  }
}

/** What depends on its conversation's head and on its author alone. */
function isPlain(entry: Append): boolean {
  const { key, lookup, system, join, re, mentions, slot, members, bans, settings } = entry;
  const rest = [lookup, system, join, re, mentions, slot, members, bans, settings];
  const terms = [entry.ifMembersVersion, entry.ifSettingsVersion];
  return key !== undefined && rest.every(isAbsent) && terms.every(isAbsent);
}

function isAbsent(value: unknown): boolean {
  return value === undefined;
}

/** Lets go of the first ones. */
function shorten(map: Map<string, unknown>, max: number): void {
  for (const key of map.keys()) {
    if (map.size <= max) return;
    map.delete(key);
  }
}
