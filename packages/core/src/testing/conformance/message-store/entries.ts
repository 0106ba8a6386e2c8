import type { ConversationId, Role, UserId } from "@earshot/protocol";
import type { Append, AppendResult, MemberChange } from "../../../ports/append.ts";
import type { NewConversation, Settings } from "../../../ports/conversation-settings.ts";
import type { MessageStore } from "../../../ports/message-store.ts";
import { accessOf, settingsOf } from "./readings.ts";

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

/** A `direct` of two users, made by the first. */
export function direct(id: ConversationId, creator: UserId, other: UserId): NewConversation {
  return conversation(id, {
    kind: "direct",
    creator,
    members: [
      [creator, "member"],
      [other, "member"],
    ],
  });
}

/** A new text for one's own message. */
export function edit(
  c: ConversationId,
  user: UserId,
  re: number,
  text: string,
  differing: Partial<Append> = {},
): Append {
  return message(c, user, text, { type: "edit", re, target: { authorOr: [], live: true }, ...differing });
}

export function deletion(c: ConversationId, user: UserId, re: number, differing: Partial<Append> = {}): Append {
  const { body: _, ...bare } = message(c, user, `delete ${re}`, { type: "delete", re });
  return { ...bare, target: { authorOr: ["owner", "admin"] }, ...differing };
}

export function reaction(
  c: ConversationId,
  user: UserId,
  re: number,
  key: string,
  on = true,
  differing: Partial<Append> = {},
): Append {
  const change = { key, on };
  return message(c, user, "", {
    type: "react",
    body: change,
    re,
    reaction: change,
    target: { live: true },
    by: EVERYBODY,
    ...differing,
  });
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

/** An event of the gateway that changes the conversation itself. */
export function changeOfSettings(
  c: ConversationId,
  by: UserId,
  settings: Partial<Settings>,
  ifSettingsVersion: number,
): Append {
  return {
    conversation: c,
    user: by,
    at: AT,
    type: "meta",
    body: { ...settings },
    by: ["owner", "admin", "member"],
    settings,
    ifSettingsVersion,
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

/** Changes settings as they stand now. */
export async function changeSettings(
  store: MessageStore,
  c: ConversationId,
  by: UserId,
  settings: Partial<Settings>,
): Promise<Appended> {
  const { settingsVersion } = await settingsOf(store, c);
  return appendEvent(store, changeOfSettings(c, by, settings, settingsVersion));
}

/** Appends messages of one user, and gives their seqs. */
export async function say(
  store: MessageStore,
  c: ConversationId,
  user: UserId,
  ...texts: readonly string[]
): Promise<readonly number[]> {
  const results = await store.append(texts.map((text) => message(c, user, text)));
  return results.map((result) => {
    if (result.kind !== "event") throw new Error(`expected an event, got ${JSON.stringify(result)}`);
    return result.row.seq;
  });
}

/** Appends one entry and gives what became of it in a word: `event`, `duplicate`, or the refusal's code. */
export async function outcomeOf(store: MessageStore, entry: Append): Promise<string> {
  const [result] = await store.append([entry]);
  return result === undefined ? "nothing" : wordOf(result);
}

export function wordOf(result: AppendResult): string {
  return result.kind === "refused" ? result.code : result.kind;
}
