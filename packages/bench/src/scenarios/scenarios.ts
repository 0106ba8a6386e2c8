import type { Scenario } from "../scenario.ts";
import { fanout } from "./fanout.ts";
import { history } from "./history.ts";
import { idle } from "./idle.ts";
import { jitter } from "./jitter.ts";
import { latency } from "./latency.ts";
import { rooms } from "./rooms.ts";
import { send } from "./send.ts";
import { slow } from "./slow.ts";
import { storm } from "./storm.ts";

/** Everything that can be measured, by name. */
export const SCENARIOS: readonly Scenario[] = [
  fanout(),
  rooms(),
  idle(),
  storm(),
  send(),
  latency(),
  jitter(),
  slow(),
  history(),
];
