import type { PlantedBug } from "./planted.ts";
import { PLANTED_IN_CLIENTS } from "./planted-in-clients.ts";
import { PLANTED_IN_DELIVERY } from "./planted-in-delivery.ts";
import { PLANTED_IN_LOGS } from "./planted-in-logs.ts";
import { PLANTED_IN_SESSIONS } from "./planted-in-sessions.ts";

/** Each is found by the simulation, or the simulation is not good enough. */
export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...PLANTED_IN_LOGS,
  ...PLANTED_IN_DELIVERY,
  ...PLANTED_IN_SESSIONS,
  ...PLANTED_IN_CLIENTS,
];
