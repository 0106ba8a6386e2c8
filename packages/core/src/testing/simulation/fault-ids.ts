import { type CrashPoint, FAULT_IDS, type Fault } from "./fault.ts";

/** What a crash there shows; at any other moment no id of its own. */
const CRASHES: Partial<Record<CrashPoint, string>> = {
  "before append": "F24",
  "after append": "F25",
  "before publish": "F26",
  "after publish": "F27",
};

/** Ids of docs/faults.md that this one shows, where they depend on more than its kind. */
export function faultIds(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case "crash gateway":
      return ids(CRASHES[fault.point]);
    case "step wall clock":
      return [fault.byMs < 0 ? "F55" : "F54"];
    case "silence":
      return [fault.way === "both" ? "F13" : "F14"];
    case "crash device":
      return [fault.point === "before save" ? "F2" : "F1"];
    default:
      return FAULT_IDS[fault.kind];
  }
}

function ids(id: string | undefined): readonly string[] {
  return id === undefined ? [] : [id];
}
