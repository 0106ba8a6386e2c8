// The delivery contract under simulation: `npm run simulate -- --seeds 1000`. Runs gateways, clients, a store and a bus
// under virtual time, a seed at a time, and holds each history to docs/guarantees.md. Exit code 1: something is red.
import { parseArgs } from "node:util";
import { runMutants } from "./simulation/run-mutants.ts";
import { runOne } from "./simulation/run-one.ts";
import { runPlanted } from "./simulation/run-planted.ts";
import { runSeeds } from "./simulation/run-seeds.ts";

const USAGE = `npm run simulate -- --seeds 1000 [--from 1] [--json]   that many seeds, on all cores; what has failed before comes first
npm run simulate -- --seed 4711 [--history FILE] [--json]   one seed; FILE gets its history, a line of JSON each
npm run simulate -- --plan FILE [--history FILE] [--json]   a plan, as a failing seed was shrunk to it
npm run simulate -- --mutants [--json]                 whether the checker sees what is wrong with histories
npm run simulate -- --planted [--seeds 10000] [--bug NAME] [--json]   whether the seeds find bugs that are planted
`;

const count = (text: string | undefined, otherwise: number): number => {
  const number = text === undefined ? otherwise : Number(text);
  if (!Number.isSafeInteger(number) || number < 0) throw new Error(`not a count: ${text}`);
  return number;
};

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      seed: { type: "string" },
      plan: { type: "string" },
      history: { type: "string" },
      mutants: { type: "boolean", default: false },
      planted: { type: "boolean", default: false },
      bug: { type: "string" },
      json: { type: "boolean", default: false },
    },
  });
  const { json, history } = values;
  if (values.mutants) return runMutants({ json });
  if (values.planted) return runPlanted({ seeds: count(values.seeds, 10_000), bug: values.bug, json });
  if (values.plan !== undefined) return runOne({ file: values.plan }, { json, history });
  if (values.seed !== undefined) return runOne({ seed: count(values.seed, 1) }, { json, history });
  if (values.seeds === undefined) {
    process.stderr.write(USAGE);
    return false;
  }
  return runSeeds({ seeds: count(values.seeds, 1), from: count(values.from, 1), json });
}

try {
  process.exitCode = (await main()) ? 0 : 1;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
  process.exitCode = 1;
}
