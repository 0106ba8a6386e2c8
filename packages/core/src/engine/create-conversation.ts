import {
  type Body,
  ChatError,
  type ConversationId,
  type ConversationKind,
  type InboxRow,
  LIMITS,
  type Mode,
  type Role,
  type UserId,
  utf8Bytes,
} from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore, NewConversation } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";

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

export interface CreateSurroundings {
  readonly store: Pick<MessageStore, "create" | "row">;
  readonly clock: Clock;
  readonly limits: { readonly membersPerCreationMax: number };
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

/**
 * Creates a conversation with the caller as its owner, in mode `pull` if it starts with more than
 * `LIMITS.pushMembersMax` members. `made` is false for a `direct` of the same two
 * users and for an `id` that the caller has made before: the same row comes back. Rejects with
 * `invalid`, `too_large` (members) or `conflict` (the `id` is another's).
 */
export async function createConversation(
  house: CreateSurroundings,
  caller: Caller,
  request: ConversationRequest,
): Promise<{ readonly row: InboxRow; readonly made: boolean }> {
  const members = membersOf(caller.user, request);
  const others = members.length - 1;
  if (others > house.limits.membersPerCreationMax) {
    throw new ChatError(
      "too_large",
      `unable to create conversation; a call may name ${house.limits.membersPerCreationMax} members`,
    );
  }
  const { kind, title, meta, open, wholeHistory } = request;
  if (kind === "direct" && open) {
    throw new ChatError("invalid", "unable to create conversation; a direct one is not open");
  }
  // Every inbox row carries it.
  if (meta !== null && utf8Bytes(JSON.stringify(meta)) > LIMITS.bodyBytesMax) {
    throw new ChatError("too_large", `unable to create conversation; its meta is over ${LIMITS.bodyBytesMax} bytes`);
  }
  const mode: Mode = members.length > LIMITS.pushMembersMax ? "pull" : "push";
  const draft: NewConversation = {
    id: request.id ?? house.newId(),
    kind,
    mode,
    epoch: house.newId(),
    creator: caller.user,
    at: house.clock.now(),
    title,
    meta,
    open,
    wholeHistory,
    members,
    first: firstEvents({ kind, title, meta, mode }, members),
  };
  const created = await house.store.create(draft).catch((error: unknown) => {
    house.unsure(draft.id, draft.at);
    throw error;
  });
  if (created.kind === "conflict") throw new ChatError("conflict", "unable to create conversation; its id is taken");
  if (created.kind === "created") house.created(draft, created);
  const row = await house.store.row(caller.user, created.kind === "existing" ? created.id : draft.id);
  if (row === null)
    throw new ChatError("conflict", "unable to create conversation; you made it before and have left it");
  return { row, made: created.kind === "created" };
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

function membersOf(creator: UserId, { kind, members }: ConversationRequest): readonly (readonly [UserId, Role])[] {
  const others = new Map<UserId, Role>(members);
  others.delete(creator);
  if (kind !== "direct") return [[creator, "owner"], ...others];
  if (others.size !== 1)
    throw new ChatError("invalid", "unable to create conversation; a direct one has exactly one other member");
  return [[creator, "member"], ...[...others.keys()].map((user): [UserId, Role] => [user, "member"])];
}
