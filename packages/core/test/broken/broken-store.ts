import type { Mode } from "@earshot/protocol";
import type { Append, AppendResult } from "../../src/ports/append.ts";
import type { MessageStore } from "../../src/ports/message-store.ts";
import type { ChangePage } from "../../src/ports/pages.ts";
import type { TallyRow } from "../../src/ports/watermarks.ts";

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

/** A store that gives another page of changes. */
const changing = (change: (page: ChangePage, after: string) => ChangePage) => (store: MessageStore) =>
  but(store, () => ({ changes: async (after, limit) => change(await store.changes(after, limit), after) }));

/** A store that counts otherwise. */
const tallying =
  (count: (rows: readonly TallyRow[], store: MessageStore, c: string) => Promise<readonly TallyRow[]>) =>
  (store: MessageStore) =>
    but(store, () => ({
      tally: async (c, limit) => {
        const rows = await store.tally(c, limit);
        return rows && count(rows, store, c);
      },
    }));

/** A store that knows of each conversation the mode it was made with: `first` puts it in the place of the present one. */
const withFirstModes =
  (
    changed: (
      store: MessageStore,
      first: <Told extends { readonly mode: Mode }>(c: string, told: Told) => Told,
    ) => Partial<MessageStore>,
  ) =>
  (store: MessageStore) => {
    const modes = new Map<string, Mode>();
    return but(store, () => ({
      create: (conversation) => {
        modes.set(conversation.id, conversation.mode);
        return store.create(conversation);
      },
      ...changed(store, (c, told) => ({ ...told, mode: modes.get(c) ?? told.mode })),
    }));
  };

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
    noticed: [
      "append > checks the key first, then membership, role, the version of the members, and what is replied to",
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "keys > I4: the same key with another hash is a conflict, and the original stands",
      "keys > I4: of two entries with one key in one batch the second is a duplicate of the first",
      "keys > I4: a lookup tells what is stored and appends nothing, whatever the rights",
      "a key of what was rewritten > I4: tells it to who repeats, with or without saying so, by lookup too",
      "an entry of the host > I4: has its key like another, of its author",
      "deletions > I4: leave the key: a repeat is answered as before and brings nothing back",
      "after expiry > I4: keys, slots, pins, pace, settings and watermarks are as they were",
      "erasure in a conversation > I4: a repeat of what was erased is a duplicate whatever its content, and brings nothing back",
      "erasure in a conversation > changes nothing a second time, and what is written afterwards is as ever",
    ],
    breaks: appending((entry) => (entry.key === undefined ? entry : { ...entry, key: { ...entry.key, hash: "same" } })),
  },
  {
    fault: "does not say that what it stored was rewritten",
    noticed: [
      "a key of what was rewritten > I4: tells it to who repeats, with or without saying so, by lookup too",
      "a key of what was rewritten > I4: is kept with edits and deletions, outlives the content, and comes within one batch",
    ],
    breaks: appending((entry) =>
      entry.key === undefined ? entry : { ...entry, key: { id: entry.key.id, hash: entry.key.hash } },
    ),
  },
  {
    fault: "lets every role write",
    noticed: [
      "append > refuses with forbidden a role that may not append this",
      "append > checks the key first, then membership, role, the version of the members, and what is replied to",
      "append > a refused entry leaves no trace and does not fail its neighbours",
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > is written whatever the author's role, bans, blocks and pace",
      "a target > with authorOr is changed by its author and by these roles; without, by everybody who may append",
      "settings of a conversation > change from the version they are at: an older one is stale and changes nothing",
      "mode > stays where the entry is refused, and where other settings change",
    ],
    breaks: appending((entry) => ({ ...entry, by: ALL_ROLES })),
  },
  {
    fault: "does not look at the target's author",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > may do to a message what only its author may",
      "a target > with authorOr is changed by its author and by these roles; without, by everybody who may append",
      "a target > of a refusal is as it was, and the entry's key is free",
    ],
    breaks: appending((entry) =>
      entry.target === undefined ? entry : { ...entry, target: entry.target.live ? { live: true } : {} },
    ),
  },
  {
    fault: "lets deleted messages be changed",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > is refused by every other check",
      "a target > with live is not deleted; without, it may be",
      "deletions > in one batch end what follows them: an edit that needs its message is refused, a second deletion is none",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 2)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 4)",
      "erasure in a conversation > is no event: nothing is numbered; what was erased is deleted for who edits it",
    ],
    breaks: appending((entry) =>
      entry.target?.live === undefined
        ? entry
        : { ...entry, target: entry.target.authorOr === undefined ? {} : { authorOr: entry.target.authorOr } },
    ),
  },
  {
    fault: "takes any last event of a slot for the one expected",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > is refused by every other check",
      "slots > take an entry that names their last event, 0 for the first; another is refused and told which it is",
      "slots > are kept with their event, and moved by one that expects nothing",
      "slots > are their conversation's own, each by its name, and outlive the body of their last event",
      "slots > are given to one of many callers at once",
      "after expiry > I4: keys, slots, pins, pace, settings and watermarks are as they were",
    ],
    breaks: appending(without("expect")),
  },
  {
    fault: "does not look at the members' version",
    noticed: [
      "append > checks the key first, then membership, role, the version of the members, and what is replied to",
      "append > a refused entry leaves no trace and does not fail its neighbours",
      "the order of checks > a version of the settings is asked for with one of the members: either alone makes it stale",
      "an entry of the host > is refused by every other check",
      "many callers at once > of two changes from one version of the members one is stale",
      "members > a change from an older version is refused with stale and changes nobody",
      "joining > is stale from an older version of the members, after what would be not_found",
      "bans > with a refused entry are none",
    ],
    breaks: appending(without("ifMembersVersion")),
  },
  {
    fault: "does not look at the settings' version",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "the order of checks > a version of the settings is asked for with one of the members: either alone makes it stale",
      "an entry of the host > is refused by every other check",
      "settings of a conversation > change from the version they are at: an older one is stale and changes nothing",
      "settings of a conversation > of two changes at once one is stale",
      "mode > stays where the entry is refused, and where other settings change",
    ],
    breaks: appending(without("ifSettingsVersion")),
  },
  {
    fault: "forgets bans",
    noticed: [
      "bans > come with the entry that removes, and keep its user out until another lifts them",
      "bans > come after the members of their entry",
      "bans > of a batch hold for what follows in it",
    ],
    breaks: appending(without("bans")),
  },
  {
    fault: "forgets who is mentioned",
    noticed: [
      "append > I1 I13: what append resolved with is what the log holds, field by field",
      "an entry of the host > needs no member: it is an event like another, of an author who stays none",
      "ten thousand members > are all named by one message, counted in receipts, and change one by one",
      "mentions > count messages above read that name the user or all, each once, and none of their own",
      "mentions > of one's own are none, though they stand above read",
      "mentions > fall as read rises, one by one",
      "mentions > of a deleted message are none, also in the batch of the message",
      "mentions > are of messages: other events that carry them count nothing, and an edit changes none",
      "mentions > begin anew with a stay, and are none of those of before",
      "mentions > are counted in conversations each by themselves, for odd names too",
      "after expiry > a row's last and mentions are of what is kept, and unread counts on until read rises",
      "erasure in a conversation > changes nothing a second time, and what is written afterwards is as ever",
    ],
    breaks: appending(without("mentions")),
  },
  {
    fault: "forgets the slot of an event",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > is refused by every other check",
      "slots > take an entry that names their last event, 0 for the first; another is refused and told which it is",
      "slots > are kept with their event, and moved by one that expects nothing",
      "slots > are their conversation's own, each by its name, and outlive the body of their last event",
      "slots > are given to one of many callers at once",
      "deletions > take body and mentions of the message and of its edits away, in every view, page and row",
      "after expiry > I4: keys, slots, pins, pace, settings and watermarks are as they were",
    ],
    breaks: appending(without("slot", "expect")),
  },
  {
    fault: "asks the host's own entries for a role",
    noticed: [
      "an entry of the host > needs no member: it is an event like another, of an author who stays none",
      "an entry of the host > I4: has its key like another, of its author",
      "an entry of the host > is written whatever the author's role, bans, blocks and pace",
      "an entry of the host > may do to a message what only its author may",
      "an entry of the host > is refused by every other check",
      "an entry of the host > changes members and settings, and moves the watermarks of an author who is a member",
      "create > by the host makes it no member: those that are named are all, or nobody is",
      "mode > is the host's to switch, of a direct too, without being a member",
      "memberships > are where the user has written without being a member, without a role and spans, until they join",
      "feed > has every event of every type once, with its conversation and epoch, as the log view gives it",
      "changes > come with an event of any kind, whoever wrote it",
      "tally > counts members alone: who has left is none, also as its author, nor is the host",
      "erasure in a conversation > is of one conversation, of whoever wrote there: who has left, and who never was a member",
    ],
    breaks: appending(without("system")),
  },
  {
    fault: "does not tell of new members' versions",
    noticed: [
      "an entry of the host > changes members and settings, and moves the watermarks of an author who is a member",
      "members > I17: change with the entry that says so, and membersVersion rises by 1",
      "joining > makes a member of who was none, where the conversation is open, whatever roles may append",
      "settings of a conversation > have a version of their own, apart from the members'",
    ],
    breaks: answering((result) => (result.kind === "event" ? { ...result, membersVersion: 1 } : result)),
  },
  {
    fault: "makes a second direct of the same two users",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > is written whatever the author's role, bans, blocks and pace",
      "create > a direct of the same two users is the same conversation, whoever of them creates",
      "create > of many creations of one thing at once exactly one is created",
      "blocks > end what either sends to their direct, from when they resolve until both are lifted",
      "blocks > hold for a direct that is created after them",
      "removing a conversation > leaves the pair of a direct free for another",
    ],
    breaks: (store) =>
      but(store, () => ({
        create: (conversation) =>
          store.create(conversation.kind === "direct" ? { ...conversation, kind: "group" } : conversation),
      })),
  },
  {
    fault: "takes another's conversation for the creator's own",
    noticed: [
      "create > an id that this creator made before is existing and unchanged; another's is a conflict",
      "create > by the host makes it no member: those that are named are all, or nobody is",
      "removing a conversation > uses its id up, for its creator too",
    ],
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
    noticed: [
      "reactions > are counted by key, with whether they are the reader's own; the gateway has none",
      "reactions > are one for each member and key, however often they are set",
      "replies > I17: are those that the reader may have",
      "joining > makes a member of who was none, where the conversation is open, whatever roles may append",
      "a reader > I17: has the rows of their stays alone, with the spans that access tells, in pages of either view and end",
      "a reader > has messages as they stand now, though they were edited while they were away",
      "a reader > I17: who is removed in a batch neither reads nor writes after that entry of it",
      "a page around a seq > I17: in a stretch that the member may not have it starts at what they may have next to it",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 1)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 2)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 3)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 4)",
      "after expiry > I17: no span begins below it, for the gateway, for who has the whole history, and for who has left",
      "after expiry > what is kept stands as it was: its edits, reactions and replies, and replies to what is gone",
    ],
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
    noticed: [
      "a reader > I18: who is no member, has left or never was has no page, whatever is asked",
      "a reader > I17: who is removed in a batch neither reads nor writes after that entry of it",
    ],
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
    noticed: [
      "range > says whether rows of the query are left beyond its end",
      "range > ends before the row whose JSON text would pass the bytes",
      "range > always gives at least one row",
      "the present view > ends before the row whose JSON text, as it stands, would pass the bytes",
      "a page around a seq > is bounded by bytes on both sides, without a hole, and the row at the seq always comes",
    ],
    breaks: (store) => but(store, () => ({ range: (query) => store.range({ ...query, bytes: 1e9 }) })),
  },
  {
    fault: "takes no notice of what is replied to",
    noticed: [
      "replies > are pages of their own in either view, from either end and around, with what is left of them",
      "replies > are messages alone: edits, deletions, reactions and the host's own events are none",
      "replies > I17: are those that the reader may have",
      "replies > to nothing are an empty page",
      "after expiry > what is kept stands as it was: its edits, reactions and replies, and replies to what is gone",
    ],
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
    noticed: [
      "access > answers in the order asked, with null for strangers, for those who left and for unknown conversations",
    ],
    breaks: (store) => but(store, () => ({ access: async (pairs) => (await store.access(pairs)).toReversed() })),
  },
  {
    fault: "lists members without regard to their roles",
    noticed: [
      "members > come owners first, then admins, members, readers, and within a role by the characters of their ids",
      "members > come in pages of the limit, each once",
      "odd ids > name users of their own",
    ],
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
    noticed: [
      "removing a conversation > is gone for its members from any cursor of before, once, and in no new inbox",
      "removing a conversation > is no news for who had left before, and still gone from a cursor of before that",
      "removing a conversation > by the host needs no member and no role; of none that there is it is not_found all the same",
      "inbox cursors > from a cursor come the conversations that changed since, one row each",
      "inbox cursors > every entry brings the conversation, whatever it is",
      "inbox cursors > what changes for one user alone comes too",
      "inbox cursors > a conversation that was lost comes as gone, once; coming back makes it a row again",
      "inbox cursors > an unknown cursor is taken as null, and says so",
      "inbox cursors > of somebody who is nowhere is empty, and its cursor brings the first conversation",
    ],
    breaks: (store) =>
      but(store, () => ({
        inbox: async (user, cursor, limit) => ({ ...(await store.inbox(user, cursor, limit)), reset: true }),
      })),
  },
  {
    fault: "leaves out what a user has lost",
    noticed: [
      "removing a conversation > is gone for its members from any cursor of before, once, and in no new inbox",
      "removing a conversation > is no news for who had left before, and still gone from a cursor of before that",
      "removing a conversation > by the host needs no member and no role; of none that there is it is not_found all the same",
      "inbox cursors > a conversation that was lost comes as gone, once; coming back makes it a row again",
      "inbox paging > I9: no row is skipped while the inbox changes between the pages (seed 1)",
      "inbox paging > I9: no row is skipped while the inbox changes between the pages (seed 2)",
      "inbox paging > I9: no row is skipped while the inbox changes between the pages (seed 3)",
      "inbox paging > I9: no row is skipped while the inbox changes between the pages (seed 4)",
      "inbox paging > I9: no row is skipped while the inbox changes between the pages (seed 5)",
      "inbox paging > I9: no row is skipped while the inbox changes between the pages (seed 6)",
    ],
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
    noticed: [
      "an entry of the host > needs no member: it is an event like another, of an author who stays none",
      "ten thousand members > are all named by one message, counted in receipts, and change one by one",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 1)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 2)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 3)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 4)",
      "mentions > count messages above read that name the user or all, each once, and none of their own",
      "mentions > of one's own are none, though they stand above read",
      "mentions > fall as read rises, one by one",
      "mentions > of a deleted message are none, also in the batch of the message",
      "mentions > are of messages: other events that carry them count nothing, and an edit changes none",
      "mentions > begin anew with a stay, and are none of those of before",
      "mentions > are counted in conversations each by themselves, for odd names too",
      "after expiry > a row's last and mentions are of what is kept, and unread counts on until read rises",
      "erasure in a conversation > changes nothing a second time, and what is written afterwards is as ever",
    ],
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
    noticed: [
      "ten thousand members > are all named by one message, counted in receipts, and change one by one",
      "ten thousand members > are tallied in one call for each of the newest twenty messages",
      "a member's private state > the mark goes with the next read, though nothing rises, and only with it",
      "raise > I14: raises one watermark or both, and neither ever falls",
      "raise > I14: what was read was delivered",
      "raise > I14: passes the head never, however far it is asked to",
      "raise > I14: raises many in the order given, each by itself, with null for who is no member",
      "raise > changes a row of the user's own inbox with read, and none with delivered",
      "raise > I19: are raised by no seq of another life of the log, nor is the mark taken away",
      "raise > I14: of many callers at once the highest stands",
      "raise > I14: races with appends, and neither takes the other's back",
      "receipts > are every member's, by the characters of their ids, in pages of the limit",
      "receipts > count those who are at the seq or above, on every page the same",
      "receipts > are of those who are members now",
      "tally > counts for each of the newest messages who has it, and who has read it, but its author",
      "tally > is of the watermarks as they are: clamped to the head, and at the join of who came later",
      "tally > counts members alone: who has left is none, also as its author, nor is the host",
      "mentions > fall as read rises, one by one",
      "after expiry > a row's last and mentions are of what is kept, and unread counts on until read rises",
    ],
    breaks: (store) =>
      but(store, () => ({
        raise: (raises) => store.raise(raises.map(({ user, conversation }) => ({ user, conversation }))),
      })),
  },
  {
    fault: "takes seqs of another life of the log for its own",
    noticed: ["raise > I19: are raised by no seq of another life of the log, nor is the mark taken away"],
    breaks: (store) =>
      but(store, () => ({ raise: (raises) => store.raise(raises.map(({ epoch: _, ...raise }) => raise)) })),
  },
  {
    fault: "says of another life that members and settings are of it",
    noticed: [
      "members > come owners first, then admins, members, readers, and within a role by the characters of their ids",
      "settings of a conversation > are what it was created with, then what was changed, each by itself",
    ],
    breaks: (store) =>
      but(store, () => ({
        members: async (...given) => {
          const page = await store.members(...given);
          return page && { ...page, epoch: "another" };
        },
        settings: async (c) => {
          const settings = await store.settings(c);
          return settings && { ...settings, epoch: "another" };
        },
      })),
  },
  {
    fault: "does not clear the unread mark",
    noticed: ["a member's private state > the mark goes with the next read, though nothing rises, and only with it"],
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
    noticed: [
      "ten thousand members > are all named by one message, counted in receipts, and change one by one",
      "receipts > count those who are at the seq or above, on every page the same",
      "receipts > are of those who are members now",
    ],
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
    noticed: ["a member's private state > is not muted and not marked at first; what is put stands, each by itself"],
    breaks: (store) =>
      but(store, () => ({
        put: (user, conversation, state) =>
          store.put(user, conversation, "mute" in state ? { ...state, mute: state.mute !== false } : state),
      })),
  },
  {
    fault: "bans nobody",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > is refused by every other check",
      "bans > come after the members of their entry",
      "bans > without an entry are for who is no member; a member stays one, and unbanned",
      "bans > are told apart from a closed door: banned comes first",
      "bans > are their conversation's and their user's own, and no event",
      "opening and closing > every call rejects with closed before open",
      "opening and closing > every call rejects with closed after close",
      "opening and closing > every call rejects with closed from the moment close is called",
      "opening and closing > close without open does nothing",
    ],
    breaks: (store) => but(store, () => ({ ban: async () => true })),
  },
  {
    fault: "blocks nobody",
    noticed: [
      "the order of checks > an entry that fails them all is refused by the first, and by the next as each is mended",
      "an entry of the host > is written whatever the author's role, bans, blocks and pace",
      "blocks > end what either sends to their direct, from when they resolve until both are lifted",
      "blocks > hold for a direct that is created after them",
      "blocks > are told of both sides, in the order asked",
      "erasure apart from conversations > lifts the blocks of the user and those of others that name them, and no other",
      "opening and closing > every call rejects with closed before open",
      "opening and closing > every call rejects with closed after close",
      "opening and closing > every call rejects with closed from the moment close is called",
      "opening and closing > close without open does nothing",
    ],
    breaks: (store) => but(store, () => ({ block: async () => {} })),
  },
  {
    fault: "sees a block from one side alone",
    noticed: [
      "blocks > are told of both sides, in the order asked",
      "erasure apart from conversations > lifts the blocks of the user and those of others that name them, and no other",
    ],
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
    noticed: [
      "removing a conversation > is for the roles that may, of its members; anybody else changes nothing",
      "changes > do not come without one: a repeat, a refusal, and what is no event change nothing",
    ],
    breaks: (store) =>
      but(store, () => ({ remove: (c, user, by) => store.remove(c, user, by.length === 0 ? by : ALL_ROLES) })),
  },
  {
    fault: "makes a setting anew each time",
    noticed: [
      "odd ids > name settings of their own",
      "setting > keeps what the first caller made, and makes nothing again",
      "setting > gives many callers at once one value, which one of them made",
    ],
    breaks: (store) => {
      let made = 0;
      return but(store, () => ({ setting: async (name, make) => await store.setting(`${name} ${++made}`, make) }));
    },
  },
  {
    fault: "gives one lease to two nodes",
    noticed: [
      "leases > are the first node's, and no other's while it lasts",
      "leases > of different names have nothing to do with each other",
      "leases > that run out are for whoever comes first, the old holder too",
      "leases > last from their renewal, for as long as that says, be it longer or shorter",
      "leases > are given up by their holder alone, and are not held then",
      "leases > asked for by many nodes at once are one's",
    ],
    breaks: (store) =>
      but(store, () => ({ lease: (name, node, ttlMs) => store.lease(`${name} ${node}`, node, ttlMs) })),
  },
  {
    fault: "moves a position from wherever it is",
    noticed: ["positions > move only from what they are: else they stay, and it is told what that is"],
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
    noticed: [
      "feed > of an empty store is empty, and its mark is where the first event comes after",
      "feed > goes on from any mark with what came after it, and nothing else",
      "feed > ends a page before the item that would pass the bytes, but never before the first",
      "feed > says where a conversation was removed, also from null, and has its events no more",
      "feed > gives an event that was deleted or erased as it is now, and not once more",
      "feed > is without what has expired, wherever it is read from",
      "feed > ends where feedEnd says: what was written before lies below it, what comes later above",
      "a feed that is read while others write > I5 I9: skips nothing, gives each log by seq, and says what was removed, in pages of any size",
      "marks of changes > may be any mark of the feed: what stands above it has changed, what stands below has not",
    ],
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
    noticed: [
      "feed > says where a conversation was removed, also from null, and has its events no more",
      "feed > ends where feedEnd says: what was written before lies below it, what comes later above",
      "a feed that is read while others write > I5 I9: skips nothing, gives each log by seq, and says what was removed, in pages of any size",
      "marks of changes > may be any mark of the feed: what stands above it has changed, what stands below has not",
    ],
    breaks: (store) =>
      but(store, () => ({
        feed: async (after, rows, bytes) => {
          const page = await store.feed(after, rows, bytes);
          return { ...page, items: page.items.filter((item) => !("gone" in item)) };
        },
      })),
  },
  {
    fault: "leaves out the last conversation of a page of changes that is not the last page",
    noticed: [
      "changes > say of a conversation that was removed that it is gone, and nothing else of it",
      "marks of changes > end pages of the limit, and go on from there, also a second time",
      "marks of changes > I9: bring a conversation again that changes while pages are read, and all others too",
      "changes that are read while others write > I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
    ],
    breaks: changing((page) => (page.more ? { ...page, changes: page.changes.slice(0, -1) } : page)),
  },
  {
    fault: "gives a page of changes the mark that it was asked with",
    noticed: [
      "changes > say of a conversation that was removed that it is gone, and nothing else of it",
      "marks of changes > end pages of the limit, and go on from there, also a second time",
      "marks of changes > I9: bring a conversation again that changes while pages are read, and all others too",
      "marks of changes > that were never given are refused with invalid, those of another store too",
      "changes that are read while others write > I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
    ],
    breaks: changing((page, after) => ({ ...page, mark: after })),
  },
  {
    fault: "says that no changes are left",
    noticed: [
      "changes > say of a conversation that was removed that it is gone, and nothing else of it",
      "marks of changes > end pages of the limit, and go on from there, also a second time",
      "marks of changes > I9: bring a conversation again that changes while pages are read, and all others too",
      "changes that are read while others write > I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
    ],
    breaks: changing((page) => ({ ...page, more: false })),
  },
  {
    fault: "marks the last page of changes with the end that the feed has a moment later",
    noticed: [
      "changes that are read while others write > I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
    ],
    breaks: (store) =>
      but(store, () => ({
        changes: async (after, limit) => {
          const page = await store.changes(after, limit);
          return page.more ? page : { ...page, mark: await store.feedEnd() };
        },
      })),
  },
  {
    fault: "tells changes with the head before the last",
    noticed: [
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "changes > are none above the end, of an empty store too, and the mark stays one",
      "changes > I12: are each conversation once, as it stands now, however much has happened to it",
      "changes > come with an event of any kind, whoever wrote it",
      "changes > say of a conversation that was removed that it is gone, and nothing else of it",
      "changes > tell of a conversation whose events above the mark have expired, were deleted or erased",
      "marks of changes > end pages of the limit, and go on from there, also a second time",
      "marks of changes > I9: bring a conversation again that changes while pages are read, and all others too",
      "marks of changes > may be any mark of the feed: what stands above it has changed, what stands below has not",
      "changes that are read while others write > I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
    ],
    breaks: changing((page) => ({
      ...page,
      changes: page.changes.map((change) => ("gone" in change ? change : { ...change, head: change.head - 1 })),
    })),
  },
  {
    fault: "tells changes with the first version of the members",
    noticed: [
      "changes > I12: are each conversation once, as it stands now, however much has happened to it",
      "changes > come with an event of any kind, whoever wrote it",
    ],
    breaks: changing((page) => ({
      ...page,
      changes: page.changes.map((change) => ("gone" in change ? change : { ...change, membersVersion: 1 })),
    })),
  },
  {
    fault: "leaves removed conversations out of its changes",
    noticed: [
      "changes > say of a conversation that was removed that it is gone, and nothing else of it",
      "marks of changes > I9: bring a conversation again that changes while pages are read, and all others too",
      "marks of changes > may be any mark of the feed: what stands above it has changed, what stands below has not",
      "changes that are read while others write > I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
    ],
    breaks: changing((page) => ({ ...page, changes: page.changes.filter((change) => !("gone" in change)) })),
  },
  {
    fault: "tells of all conversations, changed or not",
    noticed: [
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "changes > are none above the end, of an empty store too, and the mark stays one",
      "changes > I12: are each conversation once, as it stands now, however much has happened to it",
      "changes > come with an event of any kind, whoever wrote it",
      "changes > do not come without one: a repeat, a refusal, and what is no event change nothing",
      "changes > say of a conversation that was removed that it is gone, and nothing else of it",
      "changes > tell of a conversation whose events above the mark have expired, were deleted or erased",
      "marks of changes > end pages of the limit, and go on from there, also a second time",
      "marks of changes > I9: bring a conversation again that changes while pages are read, and all others too",
      "marks of changes > may be any mark of the feed: what stands above it has changed, what stands below has not",
      "changes that are read while others write > I9 I12: skip nothing, in pages of any size: each conversation is told as it stands in the end",
    ],
    breaks: (store) => {
      let begin = "";
      return but(store, () => ({
        open: async () => {
          await store.open();
          begin = await store.feedEnd();
        },
        changes: async (after, limit) => {
          const { mark } = await store.changes(after, limit);
          return { ...(await store.changes(begin, limit)), mark };
        },
      }));
    },
  },
  {
    fault: "takes any mark of changes for the end",
    noticed: ["marks of changes > that were never given are refused with invalid, those of another store too"],
    breaks: (store) =>
      but(store, () => ({
        changes: async (after, limit) => {
          const mark = await store.feedEnd();
          return store.changes(after, limit).catch(() => ({ changes: [], mark, more: false }));
        },
      })),
  },
  {
    fault: "reads the end of the feed once",
    noticed: [
      "feed > ends where feedEnd says: what was written before lies below it, what comes later above",
      "changes > are none above the end, of an empty store too, and the mark stays one",
      "changes > say of a conversation that was removed that it is gone, and nothing else of it",
      "marks of changes > that were never given are refused with invalid, those of another store too",
    ],
    breaks: (store) => {
      let end: Promise<string> | null = null;
      return but(store, () => ({ feedEnd: () => (end ??= store.feedEnd()) }));
    },
  },
  {
    fault: "counts a message's author in its tally",
    noticed: [
      "ten thousand members > are tallied in one call for each of the newest twenty messages",
      "tally > counts for each of the newest messages who has it, and who has read it, but its author",
      "tally > is of the watermarks as they are: clamped to the head, and at the join of who came later",
      "tally > counts members alone: who has left is none, also as its author, nor is the host",
      "tally > is of messages: deleted and erased ones too, no other event, and none that expired",
      "tally > I14: by chance is what receipts say of each message (seed 1)",
      "tally > I14: by chance is what receipts say of each message (seed 2)",
      "tally > I14: by chance is what receipts say of each message (seed 3)",
    ],
    breaks: tallying(async (rows, store, c) => {
      const pages = await Promise.all(rows.map(([seq]) => store.receipts(c, seq, null, 1)));
      return rows.map(([seq], n): TallyRow => [seq, pages[n]?.delivered ?? 0, pages[n]?.read ?? 0]);
    }),
  },
  {
    fault: "counts who has left in its tally",
    noticed: [
      "tally > counts members alone: who has left is none, also as its author, nor is the host",
      "tally > I14: by chance is what receipts say of each message (seed 1)",
      "tally > I14: by chance is what receipts say of each message (seed 2)",
      "tally > I14: by chance is what receipts say of each message (seed 3)",
    ],
    breaks: (store) => {
      const left = new Set<string>();
      return but(store, () => ({
        append: async (batch) => {
          const results = await store.append(batch);
          for (const [n, { members = [] }] of batch.entries()) {
            if (results[n]?.kind !== "event") continue;
            for (const [user, role] of members) {
              if (role === null) left.add(user);
              else left.delete(user);
            }
          }
          return results;
        },
        tally: async (c, limit) =>
          (await store.tally(c, limit))?.map(([seq, delivered, read]) => [seq, delivered + left.size, read]) ?? null,
      }));
    },
  },
  {
    fault: "tallies anew only when something was written",
    noticed: [
      "tally > counts for each of the newest messages who has it, and who has read it, but its author",
      "tally > I14: by chance is what receipts say of each message (seed 1)",
      "tally > I14: by chance is what receipts say of each message (seed 2)",
      "tally > I14: by chance is what receipts say of each message (seed 3)",
    ],
    breaks: (store) => {
      const known = new Map<string, readonly TallyRow[]>();
      return but(store, () => ({
        tally: async (c, limit) => {
          const rows = await store.tally(c, limit);
          const page = await store.range({ conversation: c, view: "log", from: "newest", rows: 1, bytes: 1 });
          if (rows === null || page === null) return null;
          const at = `${c} ${page.head} ${rows.length}`;
          if (!known.has(at)) known.set(at, rows);
          return known.get(at) ?? null;
        },
      }));
    },
  },
  {
    fault: "tallies the oldest messages",
    noticed: [
      "ten thousand members > are tallied in one call for each of the newest twenty messages",
      "tally > counts for each of the newest messages who has it, and who has read it, but its author",
      "tally > is of messages: deleted and erased ones too, no other event, and none that expired",
      "tally > I14: by chance is what receipts say of each message (seed 1)",
      "tally > I14: by chance is what receipts say of each message (seed 2)",
      "tally > I14: by chance is what receipts say of each message (seed 3)",
    ],
    breaks: (store) =>
      but(store, () => ({
        tally: async (c, limit) => (await store.tally(c, 1_000_000))?.slice(0, limit) ?? null,
      })),
  },
  {
    fault: "tallies from the newest message down",
    noticed: [
      "ten thousand members > are tallied in one call for each of the newest twenty messages",
      "tally > counts for each of the newest messages who has it, and who has read it, but its author",
      "tally > is of the watermarks as they are: clamped to the head, and at the join of who came later",
      "tally > counts members alone: who has left is none, also as its author, nor is the host",
      "tally > is of messages: deleted and erased ones too, no other event, and none that expired",
      "tally > I14: by chance is what receipts say of each message (seed 1)",
      "tally > I14: by chance is what receipts say of each message (seed 2)",
      "tally > I14: by chance is what receipts say of each message (seed 3)",
    ],
    breaks: tallying(async (rows) => rows.toReversed()),
  },
  {
    fault: "leaves deleted messages out of its tally",
    noticed: ["tally > is of messages: deleted and erased ones too, no other event, and none that expired"],
    breaks: tallying(async (rows, store, conversation) => {
      const page = await store.range({ conversation, view: "log", from: "oldest", rows: 100_000, bytes: 1e9 });
      const deleted = new Set(page?.rows.filter((row) => row.deleted).map(({ seq }) => seq));
      return rows.filter(([seq]) => !deleted.has(seq));
    }),
  },
  {
    fault: "counts as read what was delivered",
    noticed: [
      "ten thousand members > are tallied in one call for each of the newest twenty messages",
      "tally > counts for each of the newest messages who has it, and who has read it, but its author",
      "tally > I14: by chance is what receipts say of each message (seed 1)",
      "tally > I14: by chance is what receipts say of each message (seed 2)",
      "tally > I14: by chance is what receipts say of each message (seed 3)",
    ],
    breaks: tallying(async (rows) => rows.map(([seq, delivered]) => [seq, delivered, delivered])),
  },
  {
    fault: "tallies nothing where there is no conversation",
    noticed: ["tally > is null for an unknown or removed conversation, and empty for one without messages"],
    breaks: (store) => but(store, () => ({ tally: async (c, limit) => (await store.tally(c, limit)) ?? [] })),
  },
  {
    fault: "makes every conversation in push",
    noticed: [
      "ten thousand members > are all named by one message, counted in receipts, and change one by one",
      "access > says the same kind, mode and epoch as long as the log lives",
      "settings of a conversation > are what it was created with, then what was changed, each by itself",
      "mode > is what the conversation was created with, and told with every event",
      "changes > I12: are each conversation once, as it stands now, however much has happened to it",
    ],
    breaks: (store) => but(store, () => ({ create: (made) => store.create({ ...made, mode: "push" }) })),
  },
  {
    fault: "gives access in the mode that a conversation was made with",
    noticed: [
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "mode > stays where the entry is refused, and where other settings change",
      "mode > is the host's to switch, of a direct too, without being a member",
      "changes > I12: are each conversation once, as it stands now, however much has happened to it",
      "changes > come with an event of any kind, whoever wrote it",
    ],
    breaks: withFirstModes((store, first) => ({
      access: async (pairs) =>
        (await store.access(pairs)).map((access, n) => access && first(pairs[n]?.conversation ?? "", access)),
    })),
  },
  {
    fault: "shows inboxes the mode that a conversation was made with",
    noticed: [
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "mode > stays where the entry is refused, and where other settings change",
      "mode > is the host's to switch, of a direct too, without being a member",
    ],
    breaks: withFirstModes((store, first) => ({
      inbox: async (user, cursor, limit) => {
        const page = await store.inbox(user, cursor, limit);
        return { ...page, rows: page.rows.map((row) => ("gone" in row ? row : first(row.c, row))) };
      },
    })),
  },
  {
    fault: "shows in a single row the mode that a conversation was made with",
    noticed: [
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "mode > stays where the entry is refused, and where other settings change",
      "mode > is the host's to switch, of a direct too, without being a member",
    ],
    breaks: withFirstModes((store, first) => ({
      row: async (user, c) => {
        const row = await store.row(user, c);
        return row && first(c, row);
      },
    })),
  },
  {
    fault: "keeps in its settings the mode that a conversation was made with",
    noticed: [
      "settings of a conversation > are what it was created with, then what was changed, each by itself",
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "mode > stays where the entry is refused, and where other settings change",
      "mode > is the host's to switch, of a direct too, without being a member",
    ],
    breaks: withFirstModes((store, first) => ({
      settings: async (c) => {
        const settings = await store.settings(c);
        return settings && first(c, settings);
      },
    })),
  },
  {
    fault: "tells changes in the mode that a conversation was made with",
    noticed: [
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "changes > I12: are each conversation once, as it stands now, however much has happened to it",
      "changes > come with an event of any kind, whoever wrote it",
    ],
    breaks: withFirstModes((store, first) => ({
      changes: async (after, limit) => {
        const page = await store.changes(after, limit);
        const changes = page.changes.map((each) => ("gone" in each ? each : first(each.conversation, each)));
        return { ...page, changes };
      },
    })),
  },
  {
    fault: "answers an append with the mode that a conversation was made with",
    noticed: [
      "mode > is switched by an event: from that one on, for every reader, to and fro",
      "mode > is each entry's own within a batch: what stands before the switch has the old one",
      "mode > stays where the entry is refused, and where other settings change",
      "mode > is the host's to switch, of a direct too, without being a member",
    ],
    breaks: withFirstModes((store, first) => ({
      append: async (batch) =>
        (await store.append(batch)).map((result, n) =>
          result.kind === "event" ? first(batch[n]?.conversation ?? "", result) : result,
        ),
    })),
  },
  {
    fault: "answers every entry of a batch with the mode at its end",
    noticed: ["mode > is each entry's own within a batch: what stands before the switch has the old one"],
    breaks: (store) =>
      but(store, () => ({
        append: async (batch) => {
          const results = await store.append(batch);
          return Promise.all(
            results.map(async (result, n) => {
              const settings = await store.settings(batch[n]?.conversation ?? "");
              return result.kind === "event" && settings ? { ...result, mode: settings.mode } : result;
            }),
          );
        },
      })),
  },
  {
    fault: "counts in its settings the members of the beginning",
    noticed: [
      "settings of a conversation > have a version of their own, apart from the members'",
      "mode > is each entry's own within a batch: what stands before the switch has the old one",
    ],
    breaks: (store) =>
      but(store, () => ({
        settings: async (c) => {
          const settings = await store.settings(c);
          return settings && { ...settings, members: 2 };
        },
      })),
  },
  {
    fault: "forgets revocations",
    noticed: [
      "revocations > are none at first",
      "revocations > S10: have marks from 1 that rise, and are found above every earlier mark",
      "revocations > of a user who is revoked again are one, the latest, at its place",
      "revocations > come in pages of the limit, with what is left",
      "revocations > S10: are kept as long as was asked for, and as an earlier one of the user was to be",
      "revocations > S10: made by many at once have marks of their own, and none is skipped by who reads meanwhile",
      "erasure apart from conversations > S10: leaves conversations and revocations as they are",
    ],
    breaks: (store) =>
      but(store, () => ({
        revocations: async (after, limit) => ({ ...(await store.revocations(after, limit)), revoked: [] }),
      })),
  },
  {
    fault: "forgets past members",
    noticed: [
      "memberships > name a conversation to who made it without becoming a member",
      "memberships > stay with a null role of who has left, with what they could have up to then",
      "memberships > are where the user has written without being a member, without a role and spans, until they join",
      "after expiry > I17: no span begins below it, for the gateway, for who has the whole history, and for who has left",
    ],
    breaks: (store) =>
      but(store, () => ({
        memberships: async (user, after, limit) =>
          (await store.memberships(user, after, limit)).filter(({ role }) => role !== null),
      })),
  },
  {
    fault: "erases nothing",
    noticed: [
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 1)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 2)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 3)",
      "a log by chance > I1 I4 I17: stands in every view as its events say (seed 4)",
      "feed > gives an event that was deleted or erased as it is now, and not once more",
      "erasure in a conversation > empties the messages, edits and events of the host's types that the user wrote, in every view, page and row",
      "erasure in a conversation > leaves what others wrote, membership, changes of members and settings, and replies",
      "erasure in a conversation > takes back the user's reactions, and with their messages those of others",
      "erasure in a conversation > I4: a repeat of what was erased is a duplicate whatever its content, and brings nothing back",
      "erasure in a conversation > takes edits of theirs from another's message, which stands again as it did before",
      "erasure in a conversation > is no event: nothing is numbered; what was erased is deleted for who edits it",
      "erasure in a conversation > is news for the inboxes of its members, once",
      "erasure in a conversation > is of one conversation, of whoever wrote there: who has left, and who never was a member",
      "erasure in a conversation > works on what is left of a log whose beginning has gone",
      "erasure apart from conversations > lifts the blocks of the user and those of others that name them, and no other",
    ],
    breaks: (store) => but(store, () => ({ erase: () => store.ping() })),
  },
  {
    fault: "leaves out conversations",
    noticed: [
      "conversations > are all listed once, by the characters of their ids, in pages of the limit",
      "conversations > have the retention that is theirs, null without one",
    ],
    breaks: (store) =>
      but(store, () => ({
        conversations: async (after, limit) => (await store.conversations(after, limit)).slice(0, 1),
      })),
  },
  {
    fault: "claims to survive what it does not",
    noticed: ["opened again > says memory of itself"],
    breaks: (store) => but(store, () => ({ durability: "fsync" as const })),
  },
  {
    fault: "may be opened twice",
    noticed: ["opening and closing > a second open is refused with conflict, and the first stands"],
    breaks: (store) => but(store, () => ({ open: () => store.open().catch(() => {}) })),
  },
  {
    fault: "answers before it is open, and after it is closed",
    noticed: [
      "opening and closing > every call rejects with closed before open",
      "opening and closing > every call rejects with closed after close",
      "opening and closing > every call rejects with closed from the moment close is called",
      "opening and closing > close without open does nothing",
    ],
    breaks: (store) => but(store, () => ({ ping: () => store.ping().catch(() => {}) })),
  },
];
