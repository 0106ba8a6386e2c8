import {
  type Body,
  ChatError,
  type ConversationId,
  type ConversationKind,
  type InboxRow,
  LIMITS,
  type Role,
  type UserId,
  utf8Bytes,
} from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { NewConversation } from "../ports/conversation-settings.ts";
import type { FanoutPolicy } from "../ports/fanout-policy.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { wantedMode } from "./conversation-mode.ts";
import { ask, asksHost, hooked, type PermitSurroundings } from "./host-verdicts.ts";
import { withOwner } from "./permissions.ts";

/** What a conversation is made from, checked in shape. */
export interface ConversationRequest {
  readonly kind: ConversationKind;
  readonly id?: ConversationId;
  readonly members: readonly (readonly [UserId, Role])[];
  readonly title: string | null;
  readonly meta: Body | null;
  readonly open: boolean;
  readonly wholeHistory: boolean;
}

export interface CreateSurroundings extends PermitSurroundings {
  readonly store: Pick<MessageStore, "create" | "range" | "row">;
  readonly clock: Clock;
  readonly limits: { readonly membersPerCreationMax: number };
  readonly fanout: FanoutPolicy;
  /** A new id, never used before. */
  newId(): string;
  /** Told of a conversation that is new. */
  created(
    made: NewConversation,
    created: Extract<Awaited<ReturnType<MessageStore["create"]>>, { kind: "created" }>,
  ): void;
  /** Told of one that may have been created at `at`: the store's answer was lost. */
  unsure(c: ConversationId, at: number): void;
}

/** What came of a creation. */
export interface CreationOutcome {
  readonly id: ConversationId;
  /** The caller's; null only for the host itself, where it is no member. */
  readonly row: InboxRow | null;
  readonly made: boolean;
}

/**
 * Creates a conversation with the caller as its owner, in the mode that the fan-out policy gives it. `made`
 * is false for a `direct` of the same two users and for an `id` that the caller has made before: the same row comes back. The host itself becomes
 * no member unless it names itself; where it names no owner, the first admin is, else the first member.
 * Rejects with `invalid`, `too_large` (members), `conflict` (the `id` is another's), `forbidden` by the host,
 * as a hook refuses, `unavailable`.
 */
export async function createConversation(
  house: CreateSurroundings,
  caller: Caller,
  request: ConversationRequest,
): Promise<CreationOutcome> {
  const members = membersOf(caller, request);
  check(house, caller, request, members);
  const before = await madeBefore(house, caller, request);
  if (before !== null) return before;
  const { kind, title, meta, open, wholeHistory, id = null } = request;
  await ask(house.host, caller, { action: "create", conversation: id, doing: "create conversation" });
  const seen = await hooked(house.host, caller, "create", { kind, id, members, title, meta, open });
  const mode = wantedMode(house.fanout, { kind, members: members.length, mode: null });
  const settings = { kind, title: seen.title, meta: seen.meta, mode };
  const draft: NewConversation = {
    ...settings,
    id: id ?? house.newId(),
    epoch: house.newId(),
    creator: caller.user,
    at: house.clock.now(),
    open,
    wholeHistory,
    members,
    first: firstEvents(settings, members),
  };
  const created = await house.store.create(draft).catch((error: unknown) => {
    house.unsure(draft.id, draft.at);
    throw error;
  });
  if (created.kind === "conflict") throw new ChatError("conflict", "unable to create conversation; its id is taken");
  if (created.kind === "created") house.created(draft, created);
  const made = created.kind === "existing" ? created.id : draft.id;
  const row = await house.store.row(caller.user, made);
  if (row === null && !caller.system)
    throw new ChatError("conflict", "unable to create conversation; you made it before and have left it");
  return { id: made, row, made: created.kind === "created" };
}

function check(
  { limits }: Pick<CreateSurroundings, "limits">,
  caller: Caller,
  { kind, meta, open }: ConversationRequest,
  members: readonly (readonly [UserId, Role])[],
): void {
  if (members.filter(([user]) => user !== caller.user).length > limits.membersPerCreationMax) {
    throw new ChatError(
      "too_large",
      `unable to create conversation; a call may name ${limits.membersPerCreationMax} members`,
    );
  }
  if (kind === "direct" && open) {
    throw new ChatError("invalid", "unable to create conversation; a direct one is not open");
  }
  // Every inbox row carries it.
  if (meta !== null && utf8Bytes(JSON.stringify(meta)) > LIMITS.bodyBytesMax) {
    throw new ChatError("too_large", `unable to create conversation; its meta is over ${LIMITS.bodyBytesMax} bytes`);
  }
}

/** What the caller made under this id before: a repeat is answered whatever the host says by now. null: nothing, or the host is not asked at all. */
async function madeBefore(
  { host, store }: CreateSurroundings,
  caller: Caller,
  { id }: ConversationRequest,
): Promise<CreationOutcome | null> {
  if (id === undefined || caller.system || !(asksHost(host, caller) || host.hooks.has("create"))) return null;
  const row = await store.row(caller.user, id);
  if (row === null) return null;
  const page = await store.range({ conversation: id, view: "log", from: "oldest", rows: 1, bytes: 1 });
  const first = page?.rows[0];
  return first?.seq === 1 && first.from === caller.user ? { id, row, made: false } : null;
}

/** The first events: `meta` with up to 1,000 members, then a `member` for each further 1,000. Pure. */
export function firstEvents(meta: Body, members: readonly (readonly [UserId, Role])[]): NewConversation["first"] {
  const perEvent = LIMITS.membersPerEventMax;
  const first: { type: "meta" | "member"; body: Body }[] = [
    { type: "meta", body: { ...meta, members: members.slice(0, perEvent) } },
  ];
  for (let from = perEvent; from < members.length; from += perEvent) {
    first.push({ type: "member", body: { members: members.slice(from, from + perEvent) } });
  }
  return first;
}

function membersOf(caller: Caller, { kind, members }: ConversationRequest): readonly (readonly [UserId, Role])[] {
  const named = new Map<UserId, Role>(members);
  if (!caller.system) {
    named.delete(caller.user);
    if (kind !== "direct") return [[caller.user, "owner"], ...named];
    if (named.size === 1) return pairOf(caller.user, ...named.keys());
    throw new ChatError("invalid", "unable to create conversation; a direct one has exactly one other member");
  }
  // Who is named gets an owner among them, as when an owner leaves: it is never nobody's.
  if (kind !== "direct")
    return withOwner([...named], []).flatMap(([user, role]) => (role === null ? [] : [[user, role]]));
  if (named.size === 2) return pairOf(...named.keys());
  throw new ChatError("invalid", "unable to create conversation; a direct one has exactly two members");
}

function pairOf(...users: readonly UserId[]): readonly (readonly [UserId, Role])[] {
  return users.map((user) => [user, "member"]);
}
