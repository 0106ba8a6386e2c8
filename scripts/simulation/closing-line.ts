import { sorted } from "./totals.ts";

/** What was counted over all runs. */
interface Counted {
  readonly events: number;
  /** Times that each fault fired, by its id. */
  readonly faults: Readonly<Record<string, number>>;
  readonly hash: string;
}

interface Ran {
  readonly seeds: number;
  /** Seeds, and names of plans that were kept. */
  readonly failed: readonly (number | string)[];
  readonly seconds: number;
}

/** What `--json` ends with: one object, with these keys in this order and no other. */
export function closingLine({ events, faults, hash }: Counted, { seeds, failed, seconds }: Ran): string {
  return JSON.stringify({ seeds, failed, events, faults: sorted(faults), hash, seconds });
}
