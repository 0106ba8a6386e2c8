import type { Scenario } from "../scenario.ts";
import { fanout } from "./fanout.ts";

/** Everything that can be measured, by name. */
export const SCENARIOS: readonly Scenario[] = [fanout()];
