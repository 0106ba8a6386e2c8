import type { Mutant } from "./mutant.ts";
import { MUTANTS_OF_DEVICES } from "./mutants-of-devices.ts";
import { MUTANTS_OF_LOGS } from "./mutants-of-logs.ts";
import { MUTANTS_OF_MEMBERS } from "./mutants-of-members.ts";
import { MUTANTS_OF_ORDER } from "./mutants-of-order.ts";
import { MUTANTS_OF_PROCESSES } from "./mutants-of-processes.ts";
import { MUTANTS_OF_SIGNALS } from "./mutants-of-signals.ts";

/** Everything that is made wrong with histories, to see that the checker notices. */
export const MUTANTS: readonly Mutant[] = [
  ...MUTANTS_OF_LOGS,
  ...MUTANTS_OF_DEVICES,
  ...MUTANTS_OF_ORDER,
  ...MUTANTS_OF_SIGNALS,
  ...MUTANTS_OF_MEMBERS,
  ...MUTANTS_OF_PROCESSES,
];
