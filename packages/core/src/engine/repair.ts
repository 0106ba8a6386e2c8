import {
  type ConversationId,
  cursorPosition,
  type GatewayFrame,
  type HaveEntry,
  LIMITS,
  type UserId,
} from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access } from "../ports/pages.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { readPage, voids } from "./page.ts";

/** What is to be done for one cursor. */
type Repair =
  | { readonly kind: "gone"; readonly c: ConversationId }
  | { readonly kind: "reset"; readonly c: ConversationId; readonly access: Access }
  | {
      readonly kind: "page";
      readonly c: ConversationId;
      readonly access: Access;
      readonly after: number;
      readonly rows: number;
    }
  /** Behind, and the budget is spent: the client fetches. */
  | { readonly kind: "lagging"; readonly c: ConversationId };

/** What each cursor of a `have` needs, newest conversation first, as far as `events` reach (I16). Level ones need nothing. Pure. */
export function repairPlan(
  have: readonly HaveEntry[],
  access: readonly (Access | null)[],
  events: number,
): readonly Repair[] {
  let left = events;
  const plan: Repair[] = [];
  for (const [index, [c, epoch, seq]] of have.entries()) {
    const known = access[index] ?? null;
    if (known === null) {
      plan.push({ kind: "gone", c });
      continue;
    }
    const position = cursorPosition({ epoch, seq }, known);
    if (position === "void") plan.push({ kind: "reset", c, access: known });
    if (position !== "behind") continue;
    const rows = Math.min(left, LIMITS.pageRowsMax, known.head - seq);
    plan.push(rows > 0 ? { kind: "page", c, access: known, after: seq, rows } : { kind: "lagging", c });
    left -= rows;
  }
  return plan;
}

export interface RepairSurroundings {
  readonly store: Pick<MessageStore, "range">;
  readonly limits: { readonly repairEventsMax: number; readonly repairBytesMax: number };
  /** Encoded rows above `after` up to `head`, if all of them are in memory. */
  recent(c: ConversationId, epoch: string, after: number, head: number): readonly { readonly rowText: string }[] | null;
  /** The page above `after` up to `head`, read once for all who ask for it in a short time; null: there is none. Rejects as `read` does. */
  sharedPage(
    place: { readonly c: ConversationId; readonly epoch: string; readonly after: number; readonly head: number },
    read: () => Promise<EncodedFrames | null>,
  ): EncodedFrames | Promise<EncodedFrames | null>;
  encode(frame: GatewayFrame): EncodedFrames;
  encodePage(
    page: {
      readonly c: string;
      readonly epoch: string;
      readonly head: number;
      readonly from: number;
      readonly to: number;
      readonly more: boolean;
    },
    rowTexts: readonly string[],
  ): EncodedFrames;
}

/** The session that asked. */
export interface RepairedSession {
  readonly user: UserId;
  readonly live: boolean;
  tell(frames: EncodedFrames): void;
  /** Resolves when the socket has room for a page. */
  drained(): Promise<void>;
}

/**
 * Brings a client's cursors up to date, by the rights and heads of `access`: one page for each
 * conversation that is behind, the next only when the socket has room; those the budget does not reach
 * are named in one `lagging`, at once. Resolves with the number of rows that were read.
 */
export async function repair(
  house: RepairSurroundings,
  session: RepairedSession,
  have: readonly HaveEntry[],
  access: readonly (Access | null)[],
): Promise<number> {
  const plan = repairPlan(have, access, house.limits.repairEventsMax);
  const say = (frame: GatewayFrame): void => session.tell(house.encode(frame));
  const beyond = plan.filter((step) => step.kind === "lagging").map((step) => step.c);
  if (beyond.length > 0) say({ t: "lagging", c: beyond });
  for (const step of plan) {
    if (step.kind === "gone") say({ t: "events", c: step.c, gone: true });
    else if (step.kind === "reset") {
      say({ t: "events", c: step.c, epoch: step.access.epoch, head: step.access.head, events: [], reset: true });
    }
  }
  return sendPages(house, session, plan, say);
}

async function sendPages(
  house: RepairSurroundings,
  session: RepairedSession,
  plan: readonly Repair[],
  say: (frame: GatewayFrame) => void,
): Promise<number> {
  let read = 0;
  let bytes = house.limits.repairBytesMax;
  const cut: ConversationId[] = [];
  for (const step of plan) {
    if (step.kind !== "page") continue;
    if (bytes <= 0) {
      cut.push(step.c);
      continue;
    }
    await session.drained();
    if (!session.live) return read;
    read += step.rows;
    const page = await pageOf(house, session.user, step, Math.min(bytes, LIMITS.pageBytesMax));
    if (page === null) continue;
    bytes -= page.bytes;
    session.tell(page);
  }
  if (cut.length > 0) say({ t: "lagging", c: cut });
  return read;
}

/** From memory, or its promise: of what others ask for too it is theirs. */
function pageOf(
  house: RepairSurroundings,
  reader: UserId,
  step: Extract<Repair, { kind: "page" }>,
  bytes: number,
): EncodedFrames | Promise<EncodedFrames | null> {
  const { c, access, after, rows } = step;
  const { epoch, head, spans } = access;
  const whole = rows === head - after && voids(spans, after + 1, head).length === 0;
  const recent = whole ? house.recent(c, epoch, after, head) : null;
  if (recent !== null) {
    const texts = within(recent, bytes);
    const to = after + texts.length;
    return house.encodePage({ c, epoch, head, from: after + 1, to, more: to < head }, texts);
  }
  // Whoever may have all of it gets the same, unless what is left of the budget cuts it.
  if (whole && bytes === LIMITS.pageBytesMax)
    return house.sharedPage({ c, epoch, after, head }, () => readFor(house, {}, step, bytes));
  return readFor(house, { reader }, step, bytes);
}

async function readFor(
  house: RepairSurroundings,
  by: { readonly reader?: UserId },
  { c, access, after, rows }: Extract<Repair, { kind: "page" }>,
  bytes: number,
): Promise<EncodedFrames | null> {
  const page = await readPage(house.store, { c, ...by, after, rows, bytes });
  return page === null || page.epoch !== access.epoch ? null : house.encode({ t: "events", c, ...page });
}

/** As many rows as fit, at least one. */
function within(recent: readonly { readonly rowText: string }[], bytes: number): readonly string[] {
  const texts: string[] = [];
  let left = bytes;
  for (const { rowText } of recent) {
    left -= rowText.length;
    if (left < 0 && texts.length > 0) break;
    texts.push(rowText);
  }
  return texts;
}
