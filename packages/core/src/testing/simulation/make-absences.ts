import type { ConversationId, UserId } from "@earshot/protocol";
import type { Fault } from "./fault.ts";
import type { Operation, PlannedConversation, PlannedDevice } from "./plan.ts";
import type { Draw } from "./plan-draw.ts";

export interface Absent {
  readonly devices: readonly PlannedDevice[];
  readonly conversations: readonly PlannedConversation[];
  readonly operations: readonly Operation[];
  readonly faults: readonly Fault[];
  readonly fireMs: number;
}

/** Time away in which somebody can be removed and taken back, in ms. */
const AWAY_MIN_MS = 1_000;
/** Time before the end of the first phase in which nothing is done any more, in ms. */
const END_MS = 2_000;

/**
 * Users who are removed while their device is dead, and taken back before it lives again: what was said meanwhile is a
 * void in the middle of a log that the device has kept up to there.
 */
export function drawAbsences(draw: Draw, absent: Absent): readonly Operation[] {
  const { devices, conversations, operations, faults, fireMs } = absent;
  return faults.flatMap((fault) => {
    if (fault.kind !== "crash device" || fault.downMs < AWAY_MIN_MS) return [];
    const away = devices[fault.device];
    if (away === undefined || !away.storage || fault.at + fault.downMs > fireMs - END_MS) return [];
    const looked = new Set(
      operations.flatMap((done) =>
        done.op === "open" && done.device === fault.device && done.at < fault.at ? [done.conv] : [],
      ),
    );
    const fit = conversations.flatMap((conversation) => {
      const writer = writerBeside(conversation, devices, away.user);
      const has = looked.has(conversation.id) && !conversation.wholeHistory;
      return writer < 0 || !has ? [] : [{ conv: conversation.id, writer }];
    });
    if (fit.length === 0) return [];
    const { conv, writer } = draw.one(fit);
    return absence(conv, away.user, writer, fault);
  });
}

function absence(
  conv: ConversationId,
  user: UserId,
  device: number,
  { at, downMs }: Extract<Fault, { readonly kind: "crash device" }>,
): readonly Operation[] {
  const after = (part: number): number => Math.round(at + part * downMs);
  return [
    { at: after(0.2), op: "members", conv, members: [[user, null]] },
    { at: after(0.4), op: "send", device, conv, count: 2 },
    { at: after(0.6), op: "members", conv, members: [[user, "member"]] },
    { at: after(0.8), op: "send", device, conv, count: 2 },
  ];
}

/** The device of somebody else who may write, where this user is a member that may be removed; -1: there is none. */
function writerBeside(
  { kind, creator, members }: PlannedConversation,
  devices: readonly PlannedDevice[],
  user: UserId,
): number {
  if (kind === "direct" || !members.some(([member]) => member === user)) return -1;
  const writers = new Set([creator, ...members.flatMap(([member, role]) => (role === "reader" ? [] : [member]))]);
  return devices.findIndex((device) => device.user !== user && writers.has(device.user));
}
