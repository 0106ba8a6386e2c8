import { ChatError, isChatError, type SentFrame } from "@earshot/protocol";
import type { Permissions } from "../options.ts";
import type { Append, AppendKey, AppendResult } from "../ports/append.ts";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access } from "../ports/pages.ts";
import type { Caller } from "./caller.ts";
import { canonicalJson } from "./canonical-json.ts";
import { contentText } from "./content-text.ts";
import { type Draft, entryOf } from "./draft.ts";
import type { HostQueue } from "./host-queue.ts";
import { ask, asksHost, type PermitSurroundings } from "./host-verdicts.ts";
import type { Order } from "./next-batch.ts";
import { hookBefore, rewrite } from "./rewrite.ts";
import { sendRefusal } from "./send-refusal.ts";
import type { Sequencer } from "./sequencer.ts";

export interface SendSurroundings extends PermitSurroundings {
  readonly store: Pick<MessageStore, "range">;
  readonly sequencer: Pick<Sequencer, "append">;
  readonly hostQueue: HostQueue;
  readonly clock: Clock;
  readonly permissions: Permissions;
  /** Keyed hash; the key is one for the whole store and never changes. */
  keyedHash(text: string): string;
}

type Keyed = Append & { readonly key: AppendKey };

/** A send about which the host is asked. */
interface Asked {
  /** The answer that it had before, null if it is not stored yet. */
  readonly known: Promise<SentFrame | null>;
}

/**
 * Sends a message, an edit, a deletion, a reaction or an event of the host's own. Resolves after it is
 * durable (I1), with `body` where hooks made another one of it. A repeat under the same id gives the same
 * answer with `dup` (I4), whatever the host says by now. Rejects with `invalid`, `not_found` (conversation or
 * target), `forbidden`, `conflict` (the id was used for other content, the target is deleted, or the slot has
 * moved on: details `last`), `too_large` (reactions), `internal`, as a hook refuses, or with a wait:
 * `rate_limited` (slow mode), `unavailable`, `blocked`.
 */
export async function send(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  order: Order | null,
): Promise<SentFrame> {
  const free = order === null || !house.hostQueue.holds(order);
  if (!free || asksAbout(house, caller, draft)) return sendAsked(house, caller, draft, order);
  let entry: Append;
  try {
    entry = entryFor(house, caller, draft, keyOf(house, caller, draft));
  } catch (fault) {
    // The key comes before every check: an id that is stored already is told of first.
    const known = await lookUp(house, caller, draft, order);
    if (known === null) throw fault;
    return known;
  }
  const result = await house.sequencer.append(entry, order, caller.origin);
  return result.kind === "duplicate" && result.rewritten ? rewritten(house, draft, result) : answer(draft, result);
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

/** Whether the host has a word in it. */
function asksAbout({ host }: SendSurroundings, caller: Caller, { type }: Draft): boolean {
  if (asksHost(host, caller)) return true;
  const step = hookBefore(type);
  return step !== null && !caller.system && host.hooks.has(step);
}

/** Asks the host first, then appends. Copies of one send that are here at the same time have one verdict. */
async function sendAsked(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  order: Order | null,
): Promise<SentFrame> {
  const known = lookUp(house, caller, draft, null);
  const key = keyOf(house, caller, draft);
  const copyOf = JSON.stringify([draft.c, caller.user, key.key, caller.system === true]);
  const verdict = house.hostQueue.verdicts.join(copyOf, () => prepare(house, caller, draft, { known, key }));
  // A later copy takes the first one's word; its own is of use where it is refused.
  known.catch(() => {});
  const preparing = verdict.outcome.then((made) => ("t" in made ? made : { ...made, at: key.at }));
  try {
    if (order !== null) return await sendInTurn(house, caller, draft, { known, preparing, order });
    const prepared = await preparing;
    return "t" in prepared ? prepared : await sentOf(house, draft, await house.sequencer.append(prepared));
  } finally {
    verdict.leave();
  }
}

/**
 * The same of one of an order: the host is asked about several at once, and they are appended and refused in the
 * order in which they came. Out of it a refusal with a wait would say that what came before it is settled.
 */
async function sendInTurn(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  { known, preparing, order }: Asked & { readonly preparing: Promise<Append | SentFrame>; readonly order: Order },
): Promise<SentFrame> {
  const place = house.hostQueue.enter(order);
  try {
    // What is stored already is told, also behind one that is refused.
    const prepared = await place.asked(preparing).catch(async (refused: unknown) => {
      const sent = await known;
      if (sent === null) throw refused;
      return sent;
    });
    await place.first;
    if ("t" in prepared) return prepared;
    const append = () => house.sequencer.append(prepared, order, caller.origin);
    return await sentOf(house, draft, await place.pass(append));
  } catch (error) {
    const wait = isChatError(error) ? error.retryAfterMs : undefined;
    if (wait !== undefined) place.refuse(wait);
    await place.first;
    // More may have come meanwhile, and more will before this is told.
    if (wait !== undefined) {
      order.shut?.(wait);
      place.refuse(wait);
    }
    throw error;
  } finally {
    place.leave();
  }
}

/** What is to be appended, by the host's leave; or what is `known` as sent before, which is told before anything is checked. */
async function prepare(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  { known, key }: Asked & { readonly key: ReturnType<typeof keyOf> },
): Promise<Append | SentFrame> {
  const asks = asksAbout(house, caller, draft);
  const reading = asks ? house.access(caller.user, draft.c).catch(unanswered) : null;
  const [sent, access] = await Promise.all([known, reading]);
  if (sent !== null) return sent;
  return asks ? allowed(house, caller, draft, { key, access }) : entryFor(house, caller, draft, key);
}

/**
 * What is to be appended of who has the right to it and the host's leave, as hooks leave it. Rejects with `not_found`
 * (no member), `forbidden`, and as the host refuses.
 */
export async function allowed(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  { key, access }: { readonly key: ReturnType<typeof keyOf>; readonly access: Access | null },
): Promise<Keyed> {
  const { c, type } = draft;
  const entry = entryFor(house, caller, draft, key);
  if (caller.system !== true) {
    if (access === null) throw sendRefusal({ kind: "refused", code: "not_found" });
    if (!entry.by.includes(access.role)) throw sendRefusal({ kind: "refused", code: "forbidden" });
  }
  await ask(house.host, caller, { action: "send", conversation: c, type, doing: "send event" });
  const made = await rewrite(house.host, caller, draft);
  if (made === draft) return entry;
  return { ...entry, ...entryOf(made, house.permissions), key: { ...key.key, rewritten: true } };
}

function entryFor(
  { permissions }: SendSurroundings,
  { system }: Caller,
  draft: Draft,
  key: ReturnType<typeof keyOf>,
): Keyed {
  const { conversation, user, at } = key;
  const entry = { ...entryOf(draft, permissions), conversation, user, at, key: key.key };
  return system ? { ...entry, system } : entry;
}

async function sentOf(house: SendSurroundings, draft: Draft, result: AppendResult): Promise<SentFrame> {
  if (result.kind === "duplicate" && result.rewritten) return rewritten(house, draft, result);
  const sent = answer(draft, result);
  // What is stored, not what was to be: where an answer was lost, the event may be an earlier session's, of which hooks made something else.
  const stored = result.kind === "event" ? result.row.body : undefined;
  const same = stored === undefined || canonicalJson(stored) === canonicalJson(draft.body ?? {});
  return same ? sent : { ...sent, body: stored };
}

/** A store that cannot say who is a member cannot take a message either: the client comes back with it. */
export function unanswered(cause: unknown): never {
  throw new ChatError("unavailable", "unable to send event; the store did not answer", { retryAfterMs: 1_000, cause });
}

/** The answer of what is stored already, null if it is not. Rejects with `conflict`. */
export async function lookUp(
  house: SendSurroundings,
  caller: Caller,
  draft: Draft,
  order: Order | null,
): Promise<SentFrame | null> {
  const entry: Append = { ...keyOf(house, caller, draft), type: draft.type, by: [], lookup: true };
  const result = await house.sequencer.append(entry, order);
  if (result.kind === "refused" && result.code === "absent") return null;
  return result.kind === "duplicate" && result.rewritten ? rewritten(house, draft, result) : answer(draft, result);
}

/** Under which key it is appended, and when. */
export function keyOf(house: SendSurroundings, caller: Caller, draft: Draft) {
  const { id, c } = draft;
  return {
    conversation: c,
    user: caller.user,
    at: house.clock.now(),
    key: { id, hash: house.keyedHash(contentText(draft)) },
  };
}

/** The answer to a repeat of what hooks made something else of: with the body that is stored, unless it was deleted. */
async function rewritten(
  { store }: Pick<SendSurroundings, "store">,
  draft: Draft,
  result: Extract<AppendResult, { readonly kind: "duplicate" }>,
): Promise<SentFrame> {
  const { seq, epoch } = result;
  const at = { after: seq - 1, before: seq + 1, from: "oldest", rows: 1, bytes: 1 } as const;
  const page = await store.range({ conversation: draft.c, view: "log", ...at }).catch(unanswered);
  const row = page?.epoch === epoch ? page.rows[0] : undefined;
  const sent = answer(draft, result);
  return row?.seq === seq && row.body !== undefined ? { ...sent, body: row.body } : sent;
}

function answer(draft: Draft, result: AppendResult): SentFrame {
  const { id, c } = draft;
  switch (result.kind) {
    case "event":
      return { t: "sent", id, c, epoch: result.epoch, seq: result.row.seq, ord: result.row.ord, at: result.row.at };
    case "duplicate":
      return { t: "sent", id, c, epoch: result.epoch, seq: result.seq, ord: result.ord, at: result.at, dup: true };
    case "refused":
      throw sendRefusal(result);
  }
}
