import type { ConversationId, Role, UserId } from "@earshot/protocol";
import type {
  Access,
  Append,
  AppendResult,
  EventPage,
  MemberChange,
  MessageStore,
  NewConversation,
} from "../../../ports/message-store.ts";

/** Any moment: nothing may depend on it. */
export const AT = 1_700_000_000_000;
export const EVERYBODY: readonly Role[] = ["owner", "admin", "member", "reader"];
const WRITERS: readonly Role[] = ["owner", "admin", "member"];

let made = 0;

/** A string that no case has used before. */
export function unique(prefix: string): string {
  made += 1;
  return `${prefix}${made}`;
}

/** A group of alice (owner) and bob unless said otherwise. */
export function conversation(id: ConversationId, differing: Partial<NewConversation> = {}): NewConversation {
  const members = differing.members ?? [
    ["alice", "owner"],
    ["bob", "member"],
  ];
  return {
    id,
    kind: "group",
    mode: "push",
    epoch: unique("epoch"),
    creator: "alice",
    at: AT,
    title: null,
    meta: null,
    open: false,
    wholeHistory: false,
    members,
    first: [{ type: "meta", body: { kind: "group", title: null, members } }],
    ...differing,
  };
}

/** A message with a key of its own. */
export function message(c: ConversationId, user: UserId, text: string, differing: Partial<Append> = {}): Append {
  return {
    conversation: c,
    user,
    at: AT,
    type: "message",
    body: { text },
    key: { id: unique("m"), hash: `hash of ${text}` },
    by: WRITERS,
    ...differing,
  };
}

/** An event of the gateway: no key, and not counted. */
export function changeOfMembers(
  c: ConversationId,
  by: UserId,
  members: readonly MemberChange[],
  ifMembersVersion: number,
): Append {
  return {
    conversation: c,
    user: by,
    at: AT,
    type: "member",
    body: { members },
    by: EVERYBODY,
    members,
    ifMembersVersion,
  };
}

export type Appended = Extract<AppendResult, { readonly kind: "event" }>;

/** Appends one entry that must not be refused. */
export async function appendEvent(store: MessageStore, entry: Append): Promise<Appended> {
  const [result] = await store.append([entry]);
  if (result?.kind !== "event") throw new Error(`expected an event, got ${JSON.stringify(result)}`);
  return result;
}

/** Changes members as they stand now. */
export async function changeMembers(
  store: MessageStore,
  c: ConversationId,
  by: UserId,
  members: readonly MemberChange[],
): Promise<Appended> {
  const { membersVersion } = await accessOf(store, by, c);
  return appendEvent(store, changeOfMembers(c, by, members, membersVersion));
}

/** Appends one entry and gives what became of it in a word: `event`, `duplicate`, or the refusal's code. */
export async function outcomeOf(store: MessageStore, entry: Append): Promise<string> {
  const [result] = await store.append([entry]);
  return result === undefined ? "nothing" : wordOf(result);
}

export function wordOf(result: AppendResult): string {
  return result.kind === "refused" ? result.code : result.kind;
}

/** Access of somebody who is a member. */
export async function accessOf(store: MessageStore, user: UserId, c: ConversationId): Promise<Access> {
  const [access] = await store.access([{ user, conversation: c }]);
  if (!access) throw new Error(`${user} is no member of ${c}`);
  return access;
}

/** The whole log, in one page. */
export async function logOf(store: MessageStore, c: ConversationId): Promise<EventPage> {
  const page = await store.range({ conversation: c, after: 0, from: "oldest", rows: 100_000, bytes: 1e9 });
  if (page === null) throw new Error(`no conversation ${c}`);
  return page;
}

/** The texts of a log's messages, in its order. */
export async function textsOf(store: MessageStore, c: ConversationId): Promise<readonly unknown[]> {
  const { rows } = await logOf(store, c);
  return rows.filter(({ type }) => type === "message").map(({ body }) => body?.["text"]);
}
