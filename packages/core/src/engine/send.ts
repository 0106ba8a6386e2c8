import { ChatError, type SentFrame } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import type { Append, AppendResult } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { canonicalJson } from "./canonical-json.ts";
import { type Draft, entryOf } from "./draft.ts";
import type { Order } from "./next-batch.ts";
import type { Sequencer } from "./sequencer.ts";

export interface SendSurroundings {
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  readonly permissions: Permissions;
  /** Keyed hash; the key is one for the whole store and never changes. */
  keyedHash(text: string): string;
}

type Refused = Extract<AppendResult, { readonly kind: "refused" }>;

/**
 * Sends a message, an edit, a deletion, a reaction or an event of the host's own. Resolves after it is
 * durable (I1). A repeat under the same id gives the same answer with `dup` (I4). Rejects with `invalid`,
 * `not_found` (conversation or target), `forbidden`, `conflict` (the id was used for other content, the
 * target is deleted, or the slot has moved on: details `last`), `too_large` (reactions), or with a wait:
 * `rate_limited` (slow mode), `unavailable`, `blocked`.
 */
export async function send(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  order: Order | null,
): Promise<SentFrame> {
  let entry: Append;
  try {
    entry = { ...keyOf(house, caller, draft), ...entryOf(draft, house.permissions) };
  } catch (fault) {
    // The key comes before every check: an id that is stored already is told of first.
    const known = await lookUp(house, caller, draft, order);
    if (known === null) throw fault;
    return known;
  }
  return answer(draft, await house.sequencer.append(entry, order, caller.origin));
}

/**
 * What a send behind a refused one is told: the `sent` it had before, if it is stored already;
 * else rejects with `blocked` and the wait of the one before it.
 */
export async function sendBlocked(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  retryAfterMs: number,
): Promise<SentFrame> {
  const known = await lookUp(house, caller, draft, null);
  if (known !== null) return known;
  throw new ChatError("blocked", "unable to send message; an earlier one has to be answered first", { retryAfterMs });
}

/** The answer of what is stored already, null if it is not. Rejects with `conflict`. */
async function lookUp(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  order: Order | null,
): Promise<SentFrame | null> {
  const entry: Append = { ...keyOf(house, caller, draft), type: draft.type, by: [], lookup: true };
  const result = await house.sequencer.append(entry, order);
  return result.kind === "refused" && result.code === "absent" ? null : answer(draft, result);
}

function keyOf(house: SendSurroundings, caller: Caller, draft: Draft) {
  const { id, c, type, re, body } = draft;
  return {
    conversation: c,
    user: caller.user,
    at: house.clock.now(),
    key: { id, hash: house.keyedHash(canonicalJson([type, re ?? null, body ?? null])) },
  };
}

function answer(draft: Draft, result: AppendResult): SentFrame {
  const { id, c } = draft;
  switch (result.kind) {
    case "event":
      return { t: "sent", id, c, epoch: result.epoch, seq: result.row.seq, ord: result.row.ord, at: result.row.at };
    case "duplicate":
      return { t: "sent", id, c, epoch: result.epoch, seq: result.seq, ord: result.ord, at: result.at, dup: true };
    case "refused":
      throw refusal(result);
  }
}

function refusal(refused: Refused): ChatError {
  switch (refused.code) {
    case "not_found":
      return new ChatError("not_found", "unable to send event; no such conversation");
    case "no_target":
      return new ChatError("not_found", "unable to send event; its target is no message of this conversation");
    case "forbidden":
      return new ChatError(
        "forbidden",
        "unable to send event; your role does not allow it, or its target is another's",
      );
    case "blocked":
    case "banned":
      return new ChatError("forbidden", "unable to send event; one of you has blocked the other");
    case "conflict":
      return new ChatError("conflict", "unable to send event; its id was used for another");
    case "deleted":
      return new ChatError("conflict", "unable to send event; its target is deleted");
    case "slot":
      return new ChatError("conflict", "unable to send event; its slot has moved on", {
        details: { last: refused.last },
      });
    case "too_soon":
      return new ChatError("rate_limited", "unable to send message; this conversation is in slow mode", {
        retryAfterMs: Math.max(1, refused.retryAfterMs),
      });
    case "too_many":
      return new ChatError("too_large", "unable to send event; its target has too many reactions");
    case "absent":
    case "stale":
      return new ChatError("internal", "unable to send event; the store answered what was not asked");
  }
}
