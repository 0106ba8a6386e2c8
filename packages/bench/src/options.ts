import { parseArgs } from "node:util";
import type { BenchOptions, Scenario } from "./scenario.ts";

export const USAGE =
  "npm run bench -- <scenario> [--peers one,another] [--runs 5] [--n size] [--rate messages a second] [--full] [--json] [--profile folder]";

const RUNS_MAX = 100;
const N_MAX = 1_000_000;
const RATE_MAX = 1_000_000;

/** What is to be measured, and how. Throws one sentence about what cannot be, and what can. */
export function readOptions(
  args: readonly string[],
  scenarios: readonly Scenario[],
): { readonly scenario: Scenario; readonly options: BenchOptions } {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      peers: { type: "string" },
      runs: { type: "string", default: "5" },
      n: { type: "string" },
      rate: { type: "string" },
      stores: { type: "string" },
      buses: { type: "string" },
      profile: { type: "string" },
      full: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const scenario = scenarios.find(({ name }) => name === positionals[0]);
  if (scenario === undefined) {
    const asked = positionals[0] === undefined ? "No scenario was named" : `There is no scenario ${positionals[0]}`;
    throw new Error(`${asked}. There are:\n${scenarios.map(({ name, about }) => `  ${name}: ${about}`).join("\n")}`);
  }
  if (positionals.length > 1) throw new Error(`One scenario at a time, not also ${positionals.slice(1).join(", ")}.`);
  return {
    scenario,
    options: {
      peers: values.peers === undefined ? null : chosenPeers(values.peers, scenario),
      runs: whole("runs", values.runs, RUNS_MAX),
      n: values.n === undefined ? null : whole("n", values.n, N_MAX),
      rate: values.rate === undefined ? null : whole("rate", values.rate, RATE_MAX),
      stores: values.stores?.split(",") ?? null,
      buses: values.buses?.split(",") ?? null,
      profile: values.profile ?? null,
      full: values.full,
      json: values.json,
    },
  };
}

function chosenPeers(words: string, { name, peers }: Scenario): readonly string[] {
  const chosen = [...new Set(words.split(","))];
  const unknown = chosen.filter((word) => !peers.some((peer) => peer.name === word));
  if (unknown.length === 0) return chosen;
  const possible = peers.map((peer) => peer.name).join(", ");
  throw new Error(`${name} knows no peer ${unknown.join(", ")}; it knows ${possible}.`);
}

function whole(flag: string, word: string, most: number): number {
  const value = /^\d{1,7}$/.test(word) ? Number(word) : Number.NaN;
  if (value >= 1 && value <= most) return value;
  throw new Error(`--${flag} must be a whole number from 1 to ${most}, not ${JSON.stringify(word)}.`);
}
