import type { ConversationId, EventRow, MemberBody, MetaBody, Role, UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { MessageStore } from "../ports/message-store.ts";

/** Members of one conversation as of one entry of its log. */
export interface Audience {
  version: number;
  readonly users: Set<UserId>;
  /** Users who joined above the entry that the list was asked for, by the first seq they may have. Null: nobody. */
  readonly since: ReadonlyMap<UserId, number> | null;
}

export interface AudiencesSurroundings {
  readonly store: Pick<MessageStore, "members" | "access">;
  readonly limits: { readonly rememberedMax: number };
}

/** Members read in one page of the store's list. */
const PAGE_MEMBERS = 1_000;

/**
 * Who hears of a conversation's events: member lists, remembered and moved on by the `member` events
 * themselves, read from the store when unknown or older than an event's `membersVersion` (trap 31).
 */
export class Audiences {
  readonly #house: AudiencesSurroundings;
  readonly #known: LRUCache<ConversationId, Audience>;

  constructor(house: AudiencesSurroundings) {
    this.#house = house;
    this.#known = new LRUCache({ max: house.limits.rememberedMax });
  }

  /** The list that is remembered, if it is exactly as of `version`. */
  at(c: ConversationId, version: number): Audience | null {
    const known = this.#known.get(c);
    return known !== undefined && known.version === version ? known : null;
  }

  /** Who is a member at `version`, or later. Rejects as the store does. */
  async users(c: ConversationId, version: number): Promise<ReadonlySet<UserId>> {
    return (this.at(c, version) ?? (await this.read(c, version, false))).users;
  }

  /** Remembers the members of a conversation that was just created, as of its `meta`. */
  begin(
    made: { readonly id: ConversationId; readonly members: readonly (readonly [UserId, Role])[] },
    created: { readonly rows: readonly EventRow[]; readonly membersVersion: number },
  ): void {
    const changes = created.rows.filter((row) => row.type === "member").length;
    const users = new Set(made.members.map(([user]) => user));
    this.#known.set(made.id, { version: created.membersVersion - changes, users, since: null });
  }

  /** The conversation is no more. Gives who was remembered. */
  forget(c: ConversationId): Iterable<UserId> {
    const known = this.#known.peek(c);
    this.#known.delete(c);
    return known?.users ?? [];
  }

  /** Moves the list over a `member` event. */
  apply(audience: Audience, row: EventRow): void {
    for (const [user, role] of memberChanges(row)) {
      if (role === null) audience.users.delete(user);
      else audience.users.add(user);
    }
    audience.version++;
  }

  /**
   * Reads the list as of now, which is `version` or later. `moved`: members change within what is to
   * be delivered, so the list may be ahead of its first events. Rejects as the store does.
   */
  async read(c: ConversationId, version: number, moved: boolean): Promise<Audience> {
    const list = await this.#list(c);
    if (list === null) return { version, users: new Set(), since: null };
    const audience: Audience = { ...list, since: null };
    this.#known.set(c, audience);
    if (list.version <= version && !moved) return audience;
    // Who joined meanwhile must not get what came before.
    const users = [...list.users];
    const access = await this.#house.store.access(users.map((user) => ({ user, conversation: c })));
    const since = new Map<UserId, number>();
    for (const [index, user] of users.entries())
      since.set(user, access[index]?.spans.at(-1)?.[0] ?? Number.MAX_SAFE_INTEGER);
    return { ...list, since };
  }

  async #list(c: ConversationId): Promise<{ version: number; users: Set<UserId> } | null> {
    for (;;) {
      const users = new Set<UserId>();
      let version: number | null = null;
      let cursor: string | null = null;
      for (;;) {
        const page: Awaited<ReturnType<MessageStore["members"]>> = await this.#house.store.members(
          c,
          cursor,
          PAGE_MEMBERS,
        );
        if (page === null) return null;
        if (version !== null && version !== page.membersVersion) break;
        version = page.membersVersion;
        for (const [user] of page.members) users.add(user);
        if (!page.more) return { version, users };
        cursor = page.cursor;
      }
    }
  }
}

/** The changes that a `member` event tells of. */
export function memberChanges(row: EventRow): readonly (readonly [UserId, Role | null])[] {
  return row.type === "member" ? ((row.body as MemberBody | undefined)?.members ?? []) : [];
}

/** Members that an event names: those it changes, or, in the one that creates a conversation, its first. */
export function namedBy(row: EventRow): readonly (readonly [UserId, Role | null])[] {
  if (row.type === "meta" && row.seq === 1) return (row.body as MetaBody | undefined)?.members ?? [];
  return memberChanges(row);
}
