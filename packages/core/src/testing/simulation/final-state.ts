import type { ConversationId } from "@earshot/protocol";
import type { MessageStore } from "../../ports/message-store.ts";
import { seenEvent } from "./content-hash.ts";
import type { WriteLine } from "./fault-counts.ts";
import type { HistoryLine } from "./history-line.ts";
import type { Plan } from "./plan.ts";
import type { SimulatedDevice } from "./simulated-device.ts";
import type { SimulatedWorld } from "./world.ts";

const PAGE_ROWS = 200;
const BYTES_MAX = 2 ** 24;

type Untimed<Line> = Line extends { readonly p: "sim" } ? Omit<Line, "t" | "p"> : never;
/** Takes a line of the controller's, which adds who it is and when. */
export type TellLine = (line: Untimed<HistoryLine>) => void;

/**
 * Writes down what all comes to when nothing goes on any more: logs, members and windows. Lets time go on for the
 * questions that it asks.
 */
export async function writeFinalState(
  world: SimulatedWorld,
  devices: readonly SimulatedDevice[],
  write: WriteLine,
): Promise<void> {
  const { plain } = world.store;
  const tell: TellLine = (line) => write({ t: world.time.now, p: "sim", ...line });
  for (const { conversation } of await plain.conversations(null, PAGE_ROWS)) {
    await writePages(world, conversation, tell);
    await writeStored(plain, conversation, isWhole(world.plan, conversation), tell);
  }
  for (const device of devices) {
    for (const conv of device.looked) {
      const shown = device.life?.client.shown(conv);
      if (shown) tell({ ev: "shown", dev: device.name, conv, ...shown });
    }
  }
}

/** One conversation as its store has it: the whole log, the members and their watermarks. */
export async function writeStored(
  store: MessageStore,
  conversation: ConversationId,
  wholeHistory: boolean,
  tell: TellLine,
): Promise<void> {
  await writeLog(store, conversation, wholeHistory, tell);
  await writeMembers(store, conversation, tell);
}

/** Whether every member has its log from 1, as it was planned. */
function isWhole({ conversations, operations }: Plan, conversation: ConversationId): boolean {
  const created = operations.flatMap((operation) => (operation.op === "create" ? [operation.conversation] : []));
  return [...conversations, ...created].some(({ id, wholeHistory }) => id === conversation && wholeHistory);
}

/** The whole log, as a fresh reader pages it through the public API. */
async function writePages(world: SimulatedWorld, c: ConversationId, tell: TellLine): Promise<void> {
  for (let after = 0, more = true; more; ) {
    const from = after;
    const page = await world.settle((chat) => chat.system.conversation(c).fetch({ after: from, limit: PAGE_ROWS }));
    if (!("from" in page)) throw new Error(`unable to read ${c}; it has begun another life`);
    for (const row of page.events) {
      if (row.type === "void") throw new Error(`unable to read ${c}; the host cannot have all of it`);
      tell({ ev: "log", as: "page", ...seenEvent(c, page.epoch, row) });
    }
    after = page.to;
    more = page.more;
  }
}

async function writeLog(store: MessageStore, c: ConversationId, wholeHistory: boolean, tell: TellLine): Promise<void> {
  const all = { view: "log", from: "oldest", rows: Number.MAX_SAFE_INTEGER, bytes: BYTES_MAX } as const;
  const page = await store.range({ conversation: c, ...all });
  for (const row of page?.rows ?? []) {
    const whole = wholeHistory && row.seq === 1 ? { wholeHistory } : {};
    tell({ ev: "log", as: "store", ...seenEvent(c, page?.epoch ?? "", row), ...whole });
  }
}

async function writeMembers(store: MessageStore, conv: ConversationId, tell: TellLine): Promise<void> {
  const roles = new Map((await store.members(conv, null, PAGE_ROWS))?.members);
  const receipts = await store.receipts(conv, 0, null, PAGE_ROWS);
  for (const [of, delivered, read] of receipts?.users ?? []) {
    const role = roles.get(of);
    if (role !== undefined) tell({ ev: "member", conv, of, role, delivered, read });
  }
}
