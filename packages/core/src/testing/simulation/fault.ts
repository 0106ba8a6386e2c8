import type { UserId } from "@earshot/protocol";

/** Where a gateway dies, or the moment in which it does at once. */
export type CrashPoint =
  | "now"
  /** Around a call of the store. */
  | "before append"
  | "after append"
  | "before read"
  /** Around a call of the bus: after `sent` may have left. */
  | "before publish"
  | "after publish"
  | "before raise";

/**
 * One thing that goes wrong, or is done on purpose by an operator, at `at` (virtual ms since the run began). Indexes
 * name gateways and devices in the order of the plan. `ms`: for so long. The comment gives the ids of docs/faults.md.
 */
export type Fault = { readonly at: number } & (
  | { readonly kind: "crash gateway"; readonly gateway: number; readonly point: CrashPoint; readonly downMs: number } // F24 F25 F26 F27
  | { readonly kind: "stall gateway"; readonly gateway: number; readonly ms: number } // F28 F29
  | { readonly kind: "drain gateway"; readonly gateway: number; readonly within: number; readonly downMs: number } // F32
  | { readonly kind: "rolling restart"; readonly within: number } // F33
  | { readonly kind: "hook trouble"; readonly gateway: number; readonly ms: number } // F35
  | { readonly kind: "step wall clock"; readonly gateway: number; readonly byMs: number } // F54 F55
  | { readonly kind: "cut"; readonly device: number } // F11
  | { readonly kind: "half close"; readonly device: number } // F12
  | { readonly kind: "silence"; readonly device: number; readonly way: "both" | "up" | "down"; readonly ms: number } // F13 F14
  | { readonly kind: "lose answers"; readonly device: number; readonly ms: number } // F15
  | { readonly kind: "lose acks"; readonly device: number; readonly ms: number } // F16
  | { readonly kind: "double frames"; readonly device: number; readonly ms: number } // F17
  | { readonly kind: "swap frames"; readonly device: number; readonly ms: number } // F18
  | { readonly kind: "slow network"; readonly device: number; readonly ms: number } // F21
  | { readonly kind: "cut idle"; readonly ms: number } // F22
  | { readonly kind: "herd"; readonly gateway: number } // F10
  | { readonly kind: "replay old session"; readonly device: number } // F23
  | { readonly kind: "repeat polls"; readonly device: number; readonly ms: number } // polls: the same k twice, the next one first
  | {
      readonly kind: "crash device";
      readonly device: number;
      readonly point: "now" | "before answer" | "before save";
      readonly downMs: number;
    } // F1 F2
  | { readonly kind: "fail storage"; readonly device: number; readonly ms: number } // F3
  | { readonly kind: "wipe storage"; readonly device: number } // F4
  | { readonly kind: "sleep device"; readonly device: number; readonly ms: number } // F6
  | { readonly kind: "slow reader"; readonly device: number; readonly ms: number } // F7
  | { readonly kind: "bus down"; readonly ms: number } // F36
  | { readonly kind: "bus interrupted"; readonly gateway: number } // F37
  | { readonly kind: "bus deaf"; readonly gateway: number; readonly ms: number } // F38: nothing comes, nobody is told
  | {
      readonly kind: "bus unreliable";
      readonly ms: number;
      readonly drop: number;
      readonly double: number;
      readonly delayMs: number;
    } // F39
  | { readonly kind: "bus partition"; readonly gateways: readonly [number, number]; readonly ms: number } // F41
  | { readonly kind: "store down"; readonly ms: number } // F43
  | { readonly kind: "store flapping"; readonly ms: number } // F44
  | { readonly kind: "store refuses"; readonly ms: number; readonly chance: number } // F45 F46 F49: an error, nothing applied
  | { readonly kind: "store slow"; readonly ms: number; readonly upToMs: number } // F47
  | { readonly kind: "store loses answers"; readonly ms: number; readonly chance: number } // F48: applied, and an error
  | { readonly kind: "store rewound"; readonly byMs: number } // F50
  | { readonly kind: "store cut off"; readonly gateway: number; readonly ms: number } // F56
  | { readonly kind: "presence down"; readonly ms: number }
  | { readonly kind: "kick"; readonly user: UserId }
  | { readonly kind: "revoke"; readonly user: UserId }
);

export type FaultKind = Fault["kind"];

/** The ids of docs/faults.md that each kind stands for. */
export const FAULT_IDS: Readonly<Record<FaultKind, readonly string[]>> = {
  "crash gateway": ["F24", "F25", "F26", "F27"],
  "stall gateway": ["F28", "F29"],
  "drain gateway": ["F32"],
  "rolling restart": ["F33"],
  "hook trouble": ["F35"],
  "step wall clock": ["F54", "F55"],
  cut: ["F11"],
  "half close": ["F12"],
  silence: ["F13", "F14"],
  "lose answers": ["F15"],
  "lose acks": ["F16"],
  "double frames": ["F17"],
  "swap frames": ["F18"],
  "slow network": ["F21"],
  "cut idle": ["F22"],
  herd: ["F10"],
  "replay old session": ["F23"],
  "repeat polls": [],
  "crash device": ["F1", "F2"],
  "fail storage": ["F3"],
  "wipe storage": ["F4"],
  "sleep device": ["F6"],
  "slow reader": ["F7"],
  "bus down": ["F36"],
  "bus interrupted": ["F37"],
  "bus deaf": ["F38"],
  "bus unreliable": ["F39"],
  "bus partition": ["F41"],
  "store down": ["F43"],
  "store flapping": ["F44"],
  "store refuses": ["F45", "F46", "F49"],
  "store slow": ["F47"],
  "store loses answers": ["F48"],
  "store rewound": ["F50"],
  "store cut off": ["F56"],
  "presence down": [],
  kick: [],
  revoke: [],
};
