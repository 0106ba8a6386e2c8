import { join } from "node:path";
import { runCommand } from "./command.ts";
import { type Outcome, oneCheck, sum } from "./step.ts";

/** One store that commits in SQL beside a bus of its own, one that is everything at once: the other pairs are for `npm run fire`. */
const PAIRS = [
  ["postgres", "nats"],
  ["redis", "redis"],
] as const;
/** Fewer connections than `npm run fire` kills a gateway with: the machine has other things to do. */
const HERD = 300;
const WITHIN_MS = 240_000;

/** Two pairs of `npm run fire`, from the sources; each is one check. */
export async function fire(root: string): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const [store, bus] of PAIRS) {
    const words = ["--store", store, "--bus", bus, "--herd", String(HERD)];
    const file = join(root, "examples/cluster/fire/main.ts");
    const ended = await runCommand(process.execPath, ["--conditions=@earshot/source", file, ...words], root, WITHIN_MS);
    outcomes.push(oneCheck(ended, `npm run fire -- ${words.join(" ")}`));
  }
  return sum(outcomes);
}
