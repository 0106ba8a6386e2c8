import type { UserId } from "@earshot/protocol";
import { type CrashPoint, FAULT_IDS, type Fault, type FaultKind } from "./fault.ts";
import type { Draw } from "./plan-draw.ts";

export interface Stage {
  readonly gateways: number;
  readonly devices: readonly { readonly transport: "websocket" | "poll" }[];
  readonly users: readonly UserId[];
  readonly fireMs: number;
}

/** Of what a plan with faults has most. */
const KINDS_MAX = 9;
const KINDS = Object.keys(FAULT_IDS) as FaultKind[];
const CRASH_POINTS: readonly CrashPoint[] = [
  "now",
  "before append",
  "after append",
  "before read",
  "before publish",
  "after publish",
  "before raise",
];
/** Once or twice only: each is a trouble for everybody. */
const SELDOM: ReadonlySet<FaultKind> = new Set(["store rewound", "rolling restart", "herd", "kick", "revoke"]);

/** A quarter of all plans has none; the others have some kinds, mostly crashes among them, each some times. */
export function drawFaults(draw: Draw, stage: Stage, kinds: readonly FaultKind[] = KINDS): readonly Fault[] {
  if (draw.chance(0.25)) return [];
  const crashes = kinds.filter((kind) => kind === "crash gateway" || kind === "crash device");
  const drawn = new Set([...(draw.chance(0.85) ? crashes : []), ...draw.some(kinds, draw.int(1, KINDS_MAX))]);
  // drawn for each kind in the order of the list, whichever was drawn first
  const faults = kinds
    .filter((kind) => drawn.has(kind))
    .flatMap((kind) => {
      const times = draw.int(1, SELDOM.has(kind) ? 1 : 3);
      return Array.from({ length: times }, () => drawFault(draw, stage, kind));
    });
  return faults.sort((a, b) => a.at - b.at);
}

function drawFault(draw: Draw, stage: Stage, kind: FaultKind): Fault {
  const at = draw.int(1_500, stage.fireMs - 1_000);
  const gateway = draw.int(0, stage.gateways - 1);
  const device = draw.int(0, stage.devices.length - 1);
  const other = (gateway + draw.int(1, Math.max(1, stage.gateways - 1))) % stage.gateways;
  const ms = draw.weighed([
    [3, draw.int(50, 1_000)],
    [4, draw.int(1_000, 10_000)],
    [2, draw.int(10_000, 45_000)],
  ]);
  const downMs = draw.weighed([
    [3, draw.int(50, 1_500)],
    [3, draw.int(1_500, 8_000)],
    [1, draw.int(8_000, 30_000)],
    // longer than presence waits for a gateway that was killed
    [0.6, draw.int(36_000, 55_000)],
  ]);
  switch (kind) {
    case "crash gateway":
      return { at, kind, gateway, point: draw.one(CRASH_POINTS), downMs };
    case "stall gateway":
      return { at, kind, gateway, ms: Math.min(ms, 20_000) };
    case "drain gateway":
      return { at, kind, gateway, within: draw.int(2, 10) * 1_000, downMs };
    case "rolling restart":
      return { at, kind, within: draw.int(1, 5) * 1_000 };
    case "step wall clock":
      return { at, kind, gateway, byMs: draw.one([-3_600_000, -10_000, 3_600_000]) };
    case "hook trouble":
    case "bus deaf":
    case "store cut off":
      return { at, kind, gateway, ms };
    case "bus interrupted":
    case "herd":
      return { at, kind, gateway };
    case "silence":
      return { at, kind, device, way: draw.one(["both", "up", "down"]), ms };
    case "lose answers":
    case "lose acks":
    case "double frames":
    case "swap frames":
    case "slow network":
    case "fail storage":
    case "sleep device":
    case "slow reader":
      return { at, kind, device, ms };
    case "repeat polls": {
      const polling = [...stage.devices.keys()].filter((index) => stage.devices[index]?.transport === "poll");
      return { at, kind, device: polling.length === 0 ? device : draw.one(polling), ms };
    }
    case "cut":
    case "half close":
    case "replay old session":
    case "wipe storage":
      return { at, kind, device };
    case "crash device":
      return { at, kind, device, point: draw.one(["now", "before answer", "before save"]), downMs };
    case "cut idle":
    case "bus down":
    case "store flapping":
    case "presence down":
      return { at, kind, ms };
    case "store down":
      return { at, kind, ms: Math.min(ms, 15_000) };
    case "bus unreliable":
      return { at, kind, ms, drop: draw.one([0.1, 0.5, 1]), double: draw.one([0, 0.3]), delayMs: draw.int(0, 2_000) };
    case "bus partition":
      return { at, kind, gateways: [gateway, other], ms };
    case "store refuses":
    case "store loses answers":
      return { at, kind, ms, chance: draw.one([0.05, 0.3, 0.7]) };
    case "store slow":
      return { at, kind, ms, upToMs: draw.int(50, 3_000) };
    case "store rewound":
      // late ones leave conversations in which nothing happens any more, and who looks at them has to learn of it all the same
      return { at: draw.chance(0.5) ? stage.fireMs - draw.int(1_000, 3_500) : at, kind, byMs: draw.int(200, 10_000) };
    case "kick":
    case "revoke":
      return { at, kind, user: draw.one(stage.users) };
  }
}
