import type { Append, AppendResult, MessageStore } from "../../src/ports/message-store.ts";

/** A message store that breaks one promise of the port. */
export interface BrokenStore {
  readonly fault: string;
  readonly noticed: readonly string[];
  readonly breaks: (store: MessageStore) => MessageStore;
}

/** The right store, but for some methods. */
function but(store: MessageStore, changed: (store: MessageStore) => Partial<MessageStore>): MessageStore {
  const own = changed(store) as Readonly<Record<PropertyKey, unknown>>;
  return new Proxy(store, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return own[name];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** A store that makes another entry of what it is given. */
const appending = (change: (entry: Append) => Append) => (store: MessageStore) =>
  but(store, () => ({ append: (batch) => store.append(batch.map(change)) }));

/** A store that answers something else. */
const answering = (change: (result: AppendResult) => AppendResult) => (store: MessageStore) =>
  but(store, () => ({ append: async (batch) => (await store.append(batch)).map(change) }));

const without =
  (...fields: (keyof Append)[]) =>
  (entry: Append): Append =>
    Object.fromEntries(
      Object.entries(entry).filter(([name]) => !fields.includes(name as keyof Append)),
    ) as unknown as Append;

const ALL_ROLES = ["owner", "admin", "member", "reader"] as const;

export const brokenStores: readonly BrokenStore[] = [
  {
    fault: "takes other content under a known key for a repeat",
    noticed: [],
    breaks: appending((entry) => (entry.key === undefined ? entry : { ...entry, key: { ...entry.key, hash: "same" } })),
  },
  {
    fault: "does not say that what it stored was rewritten",
    noticed: [],
    breaks: appending((entry) =>
      entry.key === undefined ? entry : { ...entry, key: { id: entry.key.id, hash: entry.key.hash } },
    ),
  },
  { fault: "lets every role write", noticed: [], breaks: appending((entry) => ({ ...entry, by: ALL_ROLES })) },
  {
    fault: "does not look at the target's author",
    noticed: [],
    breaks: appending((entry) =>
      entry.target === undefined ? entry : { ...entry, target: entry.target.live ? { live: true } : {} },
    ),
  },
  {
    fault: "lets deleted messages be changed",
    noticed: [],
    breaks: appending((entry) =>
      entry.target?.live === undefined
        ? entry
        : { ...entry, target: entry.target.authorOr === undefined ? {} : { authorOr: entry.target.authorOr } },
    ),
  },
  { fault: "takes any last event of a slot for the one expected", noticed: [], breaks: appending(without("expect")) },
  { fault: "does not look at the members' version", noticed: [], breaks: appending(without("ifMembersVersion")) },
  { fault: "does not look at the settings' version", noticed: [], breaks: appending(without("ifSettingsVersion")) },
  { fault: "forgets bans", noticed: [], breaks: appending(without("bans")) },
  { fault: "forgets who is mentioned", noticed: [], breaks: appending(without("mentions")) },
  { fault: "forgets the slot of an event", noticed: [], breaks: appending(without("slot", "expect")) },
  { fault: "asks the host's own entries for a role", noticed: [], breaks: appending(without("system")) },
  {
    fault: "does not tell of new members' versions",
    noticed: [],
    breaks: answering((result) => (result.kind === "event" ? { ...result, membersVersion: 1 } : result)),
  },
  {
    fault: "makes a second direct of the same two users",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        create: (conversation) =>
          store.create(conversation.kind === "direct" ? { ...conversation, kind: "group" } : conversation),
      })),
  },
  {
    fault: "takes another's conversation for the creator's own",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        create: async (conversation) => {
          const created = await store.create(conversation);
          return created.kind === "conflict" ? { kind: "existing", id: conversation.id } : created;
        },
      })),
  },
  {
    fault: "shows every reader the whole log",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        range: async (query) => {
          const { reader, ...all } = query;
          if (reader === undefined) return store.range(query);
          return (await store.range(query)) === null ? null : store.range(all);
        },
      })),
  },
  {
    fault: "shows strangers a log",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        range: async (query) => {
          const { reader: _, ...all } = query;
          return (await store.range(query)) ?? store.range(all);
        },
      })),
  },
  {
    fault: "does not end a page by its bytes",
    noticed: [],
    breaks: (store) => but(store, () => ({ range: (query) => store.range({ ...query, bytes: 1e9 }) })),
  },
  {
    fault: "takes no notice of what is replied to",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        range: (query) => {
          const { re: _, ...all } = query;
          return store.range(all);
        },
      })),
  },
  {
    fault: "gives access in an order of its own",
    noticed: [],
    breaks: (store) => but(store, () => ({ access: async (pairs) => (await store.access(pairs)).toReversed() })),
  },
  {
    fault: "lists members without regard to their roles",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        members: async (conversation, cursor, limit) => {
          const page = await store.members(conversation, cursor, limit);
          if (page === null) return null;
          return { ...page, members: [...page.members].sort(([a], [b]) => (a < b ? -1 : 1)) };
        },
      })),
  },
  {
    fault: "says of every page of an inbox that it begins anew",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        inbox: async (user, cursor, limit) => ({ ...(await store.inbox(user, cursor, limit)), reset: true }),
      })),
  },
  {
    fault: "leaves out what a user has lost",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        inbox: async (user, cursor, limit) => {
          const page = await store.inbox(user, cursor, limit);
          return { ...page, rows: page.rows.filter((row) => !("gone" in row)) };
        },
      })),
  },
  {
    fault: "shows no mentions",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        row: async (user, conversation) => {
          const row = await store.row(user, conversation);
          return row === null ? null : { ...row, mentions: 0 };
        },
      })),
  },
  {
    fault: "raises nothing",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        raise: (raises) => store.raise(raises.map(({ user, conversation }) => ({ user, conversation }))),
      })),
  },
  {
    fault: "does not clear the unread mark",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        raise: async (raises) => {
          const marked = await Promise.all(
            raises.map(async ({ user, conversation }) => (await store.row(user, conversation))?.marked === true),
          );
          const raised = await store.raise(raises);
          for (const [place, { user, conversation }] of raises.entries())
            if (marked[place]) await store.put(user, conversation, { marked: true });
          return raised;
        },
      })),
  },
  {
    fault: "counts nobody's receipts",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        receipts: async (conversation, seq, cursor, limit) => {
          const page = await store.receipts(conversation, seq, cursor, limit);
          return page === null ? null : { ...page, delivered: 0, read: 0 };
        },
      })),
  },
  {
    fault: "mutes for ever who is muted for a while",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        put: (user, conversation, state) =>
          store.put(user, conversation, "mute" in state ? { ...state, mute: state.mute !== false } : state),
      })),
  },
  { fault: "bans nobody", noticed: [], breaks: (store) => but(store, () => ({ ban: async () => true })) },
  { fault: "blocks nobody", noticed: [], breaks: (store) => but(store, () => ({ block: async () => {} })) },
  {
    fault: "sees a block from one side alone",
    noticed: [],
    breaks: (store) => {
      const blocks = new Set<string>();
      return but(store, () => ({
        block: async (user, other, blocked) => {
          if (blocked) blocks.add(`${user} ${other}`);
          else blocks.delete(`${user} ${other}`);
          await store.block(user, other, blocked);
        },
        blocked: async (user, others) => {
          await store.blocked(user, others);
          return others.map((other) => blocks.has(`${user} ${other}`));
        },
      }));
    },
  },
  {
    fault: "lets everybody remove a conversation",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({ remove: (c, user, by) => store.remove(c, user, by.length === 0 ? by : ALL_ROLES) })),
  },
  {
    fault: "makes a setting anew each time",
    noticed: [],
    breaks: (store) => {
      let made = 0;
      return but(store, () => ({ setting: async (name, make) => await store.setting(`${name} ${++made}`, make) }));
    },
  },
  {
    fault: "gives one lease to two nodes",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({ lease: (name, node, ttlMs) => store.lease(`${name} ${node}`, node, ttlMs) })),
  },
  {
    fault: "moves a position from wherever it is",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        position: async (name, move) =>
          move === undefined
            ? store.position(name)
            : store.position(name, { ...move, from: await store.position(name) }),
      })),
  },
  {
    fault: "loses the first event of every page of its feed",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        feed: async (after, rows, bytes) => {
          const page = await store.feed(after, rows, bytes);
          return after === null ? page : { ...page, items: page.items.slice(1) };
        },
      })),
  },
  {
    fault: "does not tell of removed conversations",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        feed: async (after, rows, bytes) => {
          const page = await store.feed(after, rows, bytes);
          return { ...page, items: page.items.filter((item) => !("gone" in item)) };
        },
      })),
  },
  {
    fault: "forgets revocations",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        revocations: async (after, limit) => ({ ...(await store.revocations(after, limit)), revoked: [] }),
      })),
  },
  {
    fault: "forgets past members",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        memberships: async (user, after, limit) =>
          (await store.memberships(user, after, limit)).filter(({ role }) => role !== null),
      })),
  },
  { fault: "erases nothing", noticed: [], breaks: (store) => but(store, () => ({ erase: () => store.ping() })) },
  {
    fault: "leaves out conversations",
    noticed: [],
    breaks: (store) =>
      but(store, () => ({
        conversations: async (after, limit) => (await store.conversations(after, limit)).slice(0, 1),
      })),
  },
  {
    fault: "claims to survive what it does not",
    noticed: [],
    breaks: (store) => but(store, () => ({ durability: "fsync" as const })),
  },
  {
    fault: "may be opened twice",
    noticed: [],
    breaks: (store) => but(store, () => ({ open: () => store.open().catch(() => {}) })),
  },
  {
    fault: "answers before it is open, and after it is closed",
    noticed: [],
    breaks: (store) => but(store, () => ({ ping: () => store.ping().catch(() => {}) })),
  },
];
