import { parseArgs } from "node:util";
import { BUSES, type Choices, chosen, PRESENCES, STORES } from "../src/choices.ts";

export interface FireOptions {
  readonly pairs: readonly Choices[];
  /** Sends acknowledged of each pair, at the least. */
  readonly sends: number;
  /** Connections of the gateway that is killed last; 0: that is left out. */
  readonly herd: number;
  readonly seed: number;
  /** Postgres forgets what it acknowledged when it is killed: a run in which nobody notices has failed. */
  readonly control: boolean;
  readonly json: boolean;
}

export const FIRE_USAGE =
  "npm run fire -- [--store postgres|redis] [--bus postgres|redis|redis-streams|nats|jetstream]\n" +
  "                [--sends 5000] [--herd 1000] [--seed 1] [--control] [--json]";

/** What the pairs are made of unless some are chosen: the other buses differ in what they keep, not in how they fail. */
const STORES_OF_ALL = ["postgres", "redis"] as const;
const BUSES_OF_ALL = ["postgres", "redis", "nats"] as const;

/** Reads the command line: every pair of a store and a bus, or those of the one that is named, or one. Throws one sentence. */
export function readFireOptions(args: readonly string[]): FireOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      store: { type: "string" },
      bus: { type: "string" },
      sends: { type: "string", default: "5000" },
      herd: { type: "string", default: "1000" },
      seed: { type: "string", default: "1" },
      control: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  if (values.control && values.store !== "postgres") throw new Error("--control goes with --store postgres.");
  const stores = values.store === undefined ? STORES_OF_ALL : [chosen("store", values.store, STORES)];
  const buses = values.bus === undefined ? BUSES_OF_ALL : [chosen("bus", values.bus, BUSES)];
  const pairs = stores.flatMap((store) =>
    buses.map((bus): Choices => ({ store, bus, presence: chosen("presence", BUSES[bus], PRESENCES) })),
  );
  return {
    pairs,
    sends: whole("sends", values.sends, 100_000),
    herd: whole("herd", values.herd, 5_000),
    seed: whole("seed", values.seed, 999_999),
    control: values.control,
    json: values.json,
  };
}

function whole(flag: string, word: string, to: number): number {
  const value = /^\d{1,6}$/.test(word) ? Number(word) : Number.NaN;
  if (value <= to) return value;
  throw new Error(`--${flag} must be a number from 0 to ${to}, not ${JSON.stringify(word)}.`);
}
