import type { ConversationId, EventRow, InboxRow, Role, UserId } from "@earshot/protocol";
import { LIMITS } from "@earshot/protocol";
import type { ChatEvent } from "../ports/hooks.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Span } from "../ports/pages.ts";

/** One piece of what is kept of a user. */
export type Exported =
  /** A conversation that they are or were a member of, or have written in; their events of it follow. */
  | {
      readonly kind: "conversation";
      readonly conversation: ConversationId;
      /** null: no member. */
      readonly role: Role | null;
      /** Seqs that they may have, or could when they left. */
      readonly spans: readonly Span[];
      /** As their inbox has it, with their private state; null: no member. `last` may be another's. */
      readonly row: InboxRow | null;
    }
  /** What they wrote, as the log has it now: messages, edits, deletions, reactions, `x-…`, and changes that they made. */
  | { readonly kind: "event"; readonly event: ChatEvent };

export interface ExportSurroundings {
  readonly store: Pick<MessageStore, "memberships" | "row" | "range">;
}

/** Conversations read in one call. */
const CONVERSATIONS = 100;

/**
 * Everything that the store keeps of a user, conversation by conversation: page by page, as it is pulled, so that
 * nothing of it waits in memory. What is written meanwhile may be in it or not. Rejects as the store does; it
 * begins anew then.
 */
export async function* exportUser(house: ExportSurroundings, user: UserId): AsyncGenerator<Exported, void, undefined> {
  for await (const { conversation, role, spans } of membershipsOf(house, user)) {
    const row = role === null ? null : await house.store.row(user, conversation);
    yield { kind: "conversation", conversation, role, spans, row };
    for await (const event of eventsOf(house, conversation, user)) yield { kind: "event", event };
  }
}

/** Every conversation that a user has to do with, by id. */
export async function* membershipsOf(house: { readonly store: Pick<MessageStore, "memberships"> }, user: UserId) {
  for (let after: ConversationId | null = null; ; ) {
    const page: Awaited<ReturnType<MessageStore["memberships"]>> = await house.store.memberships(
      user,
      after,
      CONVERSATIONS,
    );
    yield* page;
    after = page.at(-1)?.conversation ?? null;
    if (page.length < CONVERSATIONS) return;
  }
}

async function* eventsOf(
  { store }: ExportSurroundings,
  conversation: ConversationId,
  user: UserId,
): AsyncGenerator<ChatEvent, void, undefined> {
  for (let after = 0, more = true; more; ) {
    const page = await store.range({
      conversation,
      view: "log",
      after,
      from: "oldest",
      rows: LIMITS.pageRowsMax,
      bytes: LIMITS.pageBytesMax,
    });
    if (page === null) return;
    const own = page.rows.filter((row: EventRow) => row.from === user);
    for (const row of own) yield { ...row, conversation, epoch: page.epoch };
    after = page.rows.at(-1)?.seq ?? after;
    more = page.newer && page.rows.length > 0;
  }
}
