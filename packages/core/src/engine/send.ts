import { ChatError, type SendFrame, type SentFrame } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Append, AppendResult } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { canonicalJson } from "./canonical-json.ts";
import { SENDERS } from "./permissions.ts";
import type { Order, Sequencer } from "./sequencer.ts";

export interface SendSurroundings {
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  /** Keyed hash; the key is one for the whole store and never changes. */
  keyedHash(text: string): string;
}

/** What a client asks to be appended: a `send` frame, or the body of `POST …/messages`. */
export type Draft = Omit<SendFrame, "t">;

/**
 * Sends a message. Resolves after it is durable (I1). A repeat under the same id gives the same answer
 * with `dup` (I4). Rejects with `conflict` (the id was used for other content), `not_found`,
 * `forbidden`, `invalid`, or with a wait: `unavailable`, `blocked`.
 */
export async function send(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  order: Order | null,
): Promise<SentFrame> {
  const entry = entryOf(house, caller, draft);
  const taken = draft.type === "message" && draft.slot === undefined && draft.expect === undefined;
  if (taken) return answer(draft, await house.sequencer.append(entry, order, caller.origin));
  // The key comes before every check: an id that is stored already is told of first.
  const known = await house.sequencer.append({ ...entry, lookup: true }, order);
  if (known.kind !== "refused" || known.code !== "absent") return answer(draft, known);
  throw new ChatError("invalid", "unable to send event; this server takes messages only, without a slot");
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
  const result = await house.sequencer.append({ ...entryOf(house, caller, draft), lookup: true });
  if (result.kind === "refused" && result.code === "absent") {
    throw new ChatError("blocked", "unable to send message; an earlier one has to be answered first", { retryAfterMs });
  }
  return answer(draft, result);
}

function entryOf(house: SendSurroundings, caller: Caller, draft: Draft): Append {
  return {
    conversation: draft.c,
    user: caller.user,
    at: house.clock.now(),
    type: draft.type,
    ...(draft.body === undefined ? {} : { body: draft.body }),
    ...(draft.re === undefined ? {} : { re: draft.re }),
    ...(draft.mentions === undefined ? {} : { mentions: draft.mentions }),
    key: { id: draft.id, hash: house.keyedHash(canonicalJson([draft.type, draft.re ?? null, draft.body ?? null])) },
    by: SENDERS,
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
      throw refusal(result.code);
  }
}

function refusal(code: Extract<AppendResult, { kind: "refused" }>["code"]): ChatError {
  switch (code) {
    case "not_found":
      return new ChatError("not_found", "unable to send message; no such conversation");
    case "forbidden":
      return new ChatError("forbidden", "unable to send message; your role only reads");
    case "conflict":
      return new ChatError("conflict", "unable to send message; its id was used for another");
    case "no_target":
      return new ChatError(
        "not_found",
        "unable to send message; what it replies to is no message of this conversation",
      );
    case "absent":
    case "stale":
      return new ChatError("internal", "unable to send message; the store answered what was not asked");
  }
}
