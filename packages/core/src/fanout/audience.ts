import type { ConversationId, Epoch, EventRow, MemberBody, MetaBody, Role, UserId } from "@earshot/protocol";
import { LRUCache } from "lru-cache";
import type { MessageStore } from "../ports/message-store.ts";

/** As of which entry of which life of a log. */
export interface MembersAsOf {
  readonly epoch: Epoch;
  readonly membersVersion: number;
}

/** Members of one conversation as of one entry of its log. */
export interface Audience {
  readonly epoch: Epoch;
  version: number;
  readonly users: Set<UserId>;
  /** Users who joined above the entry that the list was asked for, by the first seq they may have. Null: nobody. */
  readonly since: ReadonlyMap<UserId, number> | null;
}

export interface AudiencesSurroundings {
  readonly store: Pick<MessageStore, "members" | "access">;
  readonly limits: { readonly rememberedMax: number; readonly rememberedMembersMax: number };
}

/** Members read in one page of the store's list. */
const PAGE_MEMBERS = 1_000;
const NOBODY: ReadonlySet<UserId> = new Set();

/**
 * Who hears of a conversation's events: member lists, remembered and moved on by the `member` events
 * themselves, read from the store when unknown or older than an event's `membersVersion` (trap 31).
 */
export class Audiences {
  readonly #house: AudiencesSurroundings;
  readonly #known: LRUCache<ConversationId, Audience>;

  constructor(house: AudiencesSurroundings) {
    this.#house = house;
    const { rememberedMax, rememberedMembersMax } = house.limits;
    const sizeCalculation = ({ users }: Audience): number => users.size + 1;
    this.#known = new LRUCache({ max: rememberedMax, maxSize: rememberedMembersMax, sizeCalculation });
  }

  /** The list that is remembered, if it is exactly as of there. */
  at(c: ConversationId, { epoch, membersVersion }: MembersAsOf): Audience | null {
    const known = this.#known.get(c);
    return known?.epoch === epoch && known.version === membersVersion ? known : null;
  }

  /** Who is remembered, as of whenever. */
  remembered(c: ConversationId): Iterable<UserId> {
    return this.#known.peek(c)?.users ?? [];
  }

  /** Who is a member there, or later. Rejects as the store does. */
  async users(c: ConversationId, asOf: MembersAsOf): Promise<ReadonlySet<UserId>> {
    return this.at(c, asOf)?.users ?? (await this.#remember(c))?.users ?? NOBODY;
  }

  /** Remembers the members of a conversation that was just created, as of its `meta`. */
  begin(
    made: {
      readonly id: ConversationId;
      readonly epoch: Epoch;
      readonly members: readonly (readonly [UserId, Role])[];
    },
    created: { readonly rows: readonly EventRow[]; readonly membersVersion: number },
  ): void {
    const changes = created.rows.filter((row) => row.type === "member").length;
    const users = new Set(made.members.map(([user]) => user));
    const version = created.membersVersion - changes;
    this.#known.set(made.id, { epoch: made.epoch, version, users, since: null });
  }

  /** The conversation is no more, or its log has begun another life. Gives who was remembered. */
  forget(c: ConversationId): Iterable<UserId> {
    const known = this.#known.peek(c);
    this.#known.delete(c);
    return known?.users ?? [];
  }

  /** Moves the list over a `member` event that leads there, if it is remembered as of right before it. */
  follow(c: ConversationId, row: EventRow, { epoch, membersVersion }: MembersAsOf): void {
    const known = this.at(c, { epoch, membersVersion: membersVersion - 1 });
    if (known !== null && row.type === "member") this.apply(known, row);
  }

  /** The store was put back: a version of the members may be another one now. */
  clear(): void {
    this.#known.clear();
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
   * Reads the list as of now, which is there or later; "over": the log has begun another life, whose members say
   * nothing of who was one in this. `moved`: members change within what is to be delivered, so the list may be ahead
   * of its first events. Rejects as the store does.
   */
  async read(c: ConversationId, { epoch, membersVersion }: MembersAsOf, moved: boolean): Promise<Audience | "over"> {
    const list = await this.#remember(c);
    if (list === null) return { epoch, version: membersVersion, users: new Set(), since: null };
    if (list.epoch !== epoch) return "over";
    if (list.version <= membersVersion && !moved) return list;
    // Who joined meanwhile must not get what came before.
    const users = [...list.users];
    const access = await this.#house.store.access(users.map((user) => ({ user, conversation: c })));
    const since = new Map<UserId, number>();
    for (const [index, user] of users.entries()) {
      const known = access[index];
      const from = known?.epoch === epoch ? known.spans.at(-1)?.[0] : undefined;
      since.set(user, from ?? Number.MAX_SAFE_INTEGER);
    }
    return { ...list, since };
  }

  async #remember(c: ConversationId): Promise<Audience | null> {
    const list = await this.#list(c);
    if (list !== null) this.#known.set(c, list);
    return list;
  }

  async #list(c: ConversationId): Promise<Audience | null> {
    for (;;) {
      const users = new Set<UserId>();
      let first: MembersAsOf | null = null;
      let cursor: string | null = null;
      for (;;) {
        const page: Awaited<ReturnType<MessageStore["members"]>> = await this.#house.store.members(
          c,
          cursor,
          PAGE_MEMBERS,
        );
        if (page === null) return null;
        first ??= page;
        if (first.epoch !== page.epoch || first.membersVersion !== page.membersVersion) break;
        for (const [user] of page.members) users.add(user);
        if (!page.more) return { epoch: page.epoch, version: page.membersVersion, users, since: null };
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
