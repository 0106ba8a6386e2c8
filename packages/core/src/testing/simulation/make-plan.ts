import type { ConversationKind, Role, UserId } from "@earshot/protocol";
import type { FaultKind } from "./fault.ts";
import { drawAbsences } from "./make-absences.ts";
import { drawFaults } from "./make-faults.ts";
import { drawOperations } from "./make-operations.ts";
import type { Plan, PlannedConversation, PlannedDevice } from "./plan.ts";
import { Draw } from "./plan-draw.ts";

const NAMES = ["ann", "ben", "cat", "dan", "eve", "fay", "gus", "hal", "ida", "jon"] as const;

/** Which faults a plan may have; absent: all. */
export interface PlanOptions {
  readonly faults?: readonly FaultKind[];
}

/** The plan that a seed stands for (pure). */
export function makePlan(seed: number, { faults }: PlanOptions = {}): Plan {
  const draw = new Draw(seed);
  const gateways = draw.weighed([
    [5, 2],
    [6, 3],
    [1, 4],
  ]);
  const devices = drawDevices(draw);
  const pullAbove = draw.int(3, 5);
  const fanout = { pullAbove, pushBelow: pullAbove - draw.int(0, 1) };
  const users = [...new Set(devices.map(({ user }) => user))];
  const conversations = drawConversations(draw, users, pullAbove);
  const fireMs = draw.int(35, 60) * 1_000;
  const operations = drawOperations(draw, { devices, conversations, users, everybody: NAMES, fireMs });
  const drawn = drawFaults(draw, { gateways, devices, fireMs, users }, faults);
  const absences = drawAbsences(draw, { devices, conversations, operations, faults: drawn, fireMs });
  return {
    seed,
    ...{ gateways, devices, conversations, fanout, fireMs },
    operations: [...operations, ...absences].sort((a, b) => a.at - b.at),
    faults: drawn,
  };
}

function drawDevices(draw: Draw): readonly PlannedDevice[] {
  const count = draw.weighed([
    [4, 4],
    [3, 5],
    [7, 6],
    [1, 7],
    [1, 9],
  ]);
  const users = NAMES.slice(0, draw.int(3, Math.min(6, count)));
  return Array.from({ length: count }, (_, index): PlannedDevice => {
    const user = users[index] ?? draw.one(users);
    return {
      name: `${user}.${index + 1}`,
      user,
      storage: draw.chance(0.5),
      transport: draw.chance(0.05) ? "poll" : "websocket",
    };
  });
}

function drawConversations(draw: Draw, users: readonly UserId[], pullAbove: number): readonly PlannedConversation[] {
  const count = draw.int(3, 6);
  return Array.from({ length: count }, (_, index) => {
    const kind = index === 0 ? "group" : draw.one<ConversationKind>(["direct", "group", "group", "channel"]);
    return drawConversation(draw, `c${index + 1}`, kind, users, pullAbove);
  });
}

/** `pullAbove`: sizes lie around it. */
function drawConversation(
  draw: Draw,
  id: string,
  kind: ConversationKind,
  users: readonly UserId[],
  pullAbove: number,
): PlannedConversation {
  const creator = draw.one(users);
  const others = users.filter((user) => user !== creator);
  const role = (): Role => (kind === "channel" && draw.chance(0.5) ? "reader" : draw.chance(0.2) ? "admin" : "member");
  const absent = NAMES.filter((name) => !users.includes(name));
  const size = kind === "direct" ? 2 : Math.max(3, pullAbove + draw.int(-1, 2));
  const present = kind === "direct" ? draw.some(others, 1) : others.filter(() => draw.chance(0.25));
  const members = [...present, ...draw.some(absent, Math.max(0, size - present.length - 1))];
  return {
    id,
    kind,
    creator,
    members: members.map((user) => [user, kind === "direct" ? "member" : role()]),
    wholeHistory: kind !== "direct" && draw.chance(0.4),
  };
}
