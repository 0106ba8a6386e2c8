import { type ConversationId, LIMITS, type UserId } from "@earshot/protocol";
import type { Watermarks } from "../../ports/watermarks.ts";
import type { Device } from "./device.ts";
import type { FrameRequests } from "./frame-requests.ts";
import type { OutsiderWorld } from "./outsider-world.ts";
import { same } from "./page-check.ts";
import type { TrueConversation } from "./true-conversation.ts";

/** Everything that has to hold while nothing happens. */
export async function verify(world: OutsiderWorld): Promise<void> {
  for (const device of world.devices) converged(world, device);
  for (const device of world.devices) await receipts(world, device);
  for (const [name, [since, seq]] of world.reads) await readSoFar(world, name, since, seq);
  for (const [name, key] of world.keys) {
    const [user = "", c = "", id = ""] = name.split(" ");
    const inLog = world.conversation(c)?.keys.has(`${user} ${id}`) ?? false;
    if (key.stored && !inLog) world.fail(`I1: ${name} was acknowledged, and is not in the log`);
    // Behind a lost answer the log itself may have been removed, and then nobody can know any longer.
    const known = world.conversation(c)?.removed === false;
    if (known && key.refused === key.asked && inLog) world.fail(`I3: ${name} was refused for good, and is in the log`);
  }
  for (const [c, { log }] of world.truth.conversations) {
    for (const row of log) {
      if (row.id !== undefined && !world.keys.has(`${row.from} ${c} ${row.id}`))
        world.fail(`I2: nobody sent ${c} ${row.seq}`);
    }
  }
}

/** I9: who is connected has everything that is theirs. */
function converged(world: OutsiderWorld, { session, name, user, cursors }: Device): void {
  if (session === null || session.seen.headsAtWelcome === null) return;
  for (const [c, conversation] of world.truth.conversations) {
    const { head, removed, roles, made } = conversation;
    const kept = cursors.get(c);
    if (removed || !roles.has(user)) {
      if (kept !== undefined) world.fail(`I9: ${name} still keeps ${c}, which is not theirs`);
      continue;
    }
    if (made.mode === "pull" && !session.seen.subscribed.has(c)) continue;
    const news = (session.seen.headsAtWelcome.get(c) ?? 0) < head;
    if (kept === undefined ? news : kept.last !== head) {
      world.fail(`I9: ${name} has ${c} up to ${kept?.last}, and ${head} is there`);
    }
  }
}

async function receipts(world: OutsiderWorld, { session, name, user: own }: Device): Promise<void> {
  if (session === null) return;
  for (const c of session.seen.subscribed) {
    const conversation = world.conversation(c) as TrueConversation;
    const page = await world.plain.receipts(c, 1, null, 1_000);
    if (page === null || page.users.length > LIMITS.receiptMembersMax) continue;
    for (const [user, delivered, read] of page.users) {
      if (user === own) continue;
      const since = conversation.stays(user).at(-1)?.[0] ?? 0;
      const [told, toldRead] = session.seen.told.of(c, user) ?? [0, 0];
      const shown = [Math.max(told, since), Math.max(toldRead, since)];
      if (!same(shown, [delivered, read])) {
        world.fail(
          `I14: ${name} was told that ${user} is at ${shown.join()} in ${c}, and they are at ${delivered},${read}`,
        );
      }
    }
  }
}

async function readSoFar(world: OutsiderWorld, name: string, since: number, seq: number): Promise<void> {
  const [user = "", c = ""] = name.split(" ");
  const watermarks = await watermarksOf(world, user, c);
  if (watermarks === null || world.conversation(c)?.stays(user).at(-1)?.[0] !== since) return;
  if (watermarks[2] < seq) world.fail(`I14: ${name} has read ${seq}, and ${watermarks[2]} is stored`);
}

async function watermarksOf(
  world: OutsiderWorld,
  user: UserId,
  conversation: ConversationId,
): Promise<Watermarks | null> {
  const [access] = await world.plain.access([{ user, conversation }]);
  return access ? [user, access.delivered, access.read] : null;
}

/** No inbox has missed anything, however it was read. */
export async function verifyInboxes(world: OutsiderWorld, frames: FrameRequests): Promise<void> {
  for (const device of world.devices) {
    const { session, user } = device;
    if (session === null) continue;
    for (let page = 0, before: string | null = ""; page < 60 && before !== device.inboxCursor; page++) {
      before = device.inboxCursor;
      frames.inbox(device, session, 3, false);
      await world.engine.settle();
      world.look();
    }
    for (const [c, { head, removed, roles }] of world.truth.conversations) {
      const row = device.inbox.get(c);
      const own = await world.plain.row(user, c);
      if (removed || !roles.has(user)) {
        if (row !== undefined) world.fail(`inbox of ${device.name} still has ${c}`);
        continue;
      }
      const shown = [row?.head, row?.read, row?.mute, row?.marked];
      const is = [head, own?.read, own?.mute, own?.marked];
      if (JSON.stringify(shown) !== JSON.stringify(is)) {
        world.fail(`the inbox of ${device.name} has ${c} at ${JSON.stringify(shown)} instead of ${JSON.stringify(is)}`);
      }
    }
  }
}
