import { join } from "node:path";
import { type Ended, runCommand } from "./command.ts";
import { secondNode } from "./second-node.ts";
import type { Outcome } from "./step.ts";

/** What `scripts/simulate.ts --json` closes with. */
interface Summary {
  readonly seeds: number;
  readonly failed: readonly number[];
  readonly events: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly hash: string;
}

interface Mutants {
  readonly mutants: number;
  readonly caught: number;
  readonly clean: number;
  readonly falseAlarms: number;
}

const SEEDS = 1_000;
/** Of these, as many run once more, and a few of them on another Node.js. */
const TWICE = 100;
const ELSEWHERE = 10;
/** Ids of faults that have to fire over all seeds. */
const FAULTS_MIN = 25;
const MINUTE = 60_000;

/** The simulation as a part of the tests: safety and liveness over many seeds, the same history twice, and a checker that bites. */
export async function simulation(root: string, say: (text: string) => void): Promise<Outcome> {
  const checks: [name: string, found: Ended][] = [];
  const other = await secondNode(root, say);
  const run = (node: string, ...args: string[]): Promise<Ended> =>
    runCommand(
      node,
      ["--conditions=@earshot/source", join(root, "scripts/simulate.ts"), ...args, "--json"],
      root,
      5 * MINUTE,
    );
  const ran = async (name: string, node: string, ...args: string[]): Promise<Summary | null> => {
    const ended = await run(node, ...args);
    checks.push([name, ended]);
    return ended.ok ? lastLine<Summary>(ended.output) : null;
  };
  const expectSame = (name: string, one: Summary | null, two: Summary | null): void => {
    const output = `one run gave ${one?.hash}, the other ${two?.hash}\n`;
    checks.push([name, { ok: one !== null && one.hash === two?.hash, output }]);
  };

  const once = await ran(`seeds 1 to ${TWICE}`, process.execPath, "--seeds", String(TWICE));
  const again = await ran("the same once more", process.execPath, "--seeds", String(TWICE));
  expectSame("I28: the same seeds give the same histories", once, again);
  const [from, more] = [String(TWICE + 1), String(SEEDS - TWICE)];
  const others = await ran(`seeds ${from} to ${SEEDS}`, process.execPath, "--from", from, "--seeds", more);
  const fired = new Set([once, others].flatMap((summary) => Object.keys(summary?.faults ?? {}))).size;
  checks.push([`${FAULTS_MIN} faults fired`, { ok: fired >= FAULTS_MIN, output: `${fired} ids of faults fired\n` }]);
  const few = await ran(`seeds 1 to ${ELSEWHERE}`, process.execPath, "--seeds", String(ELSEWHERE));
  checks.push(["another Node.js", other]);
  const elsewhere = other.ok
    ? await ran("the same on another Node.js", other.path, "--seeds", String(ELSEWHERE))
    : null;
  expectSame("I28: on another Node.js too", few, elsewhere);
  const mutants = await run(process.execPath, "--mutants");
  checks.push([
    "mutated histories",
    { ok: mutants.ok && allCaught(lastLine<Mutants>(mutants.output)), output: mutants.output },
  ]);

  const failed = checks.filter(([, { ok }]) => !ok);
  const output = failed.map(([name, { output }]) => `${name}\n${output}`).join("\n");
  return { passed: checks.length - failed.length, failed: failed.length, skipped: 0, output };
}

function allCaught(found: Mutants | null): boolean {
  return found !== null && found.mutants >= 60 && found.caught === found.mutants && found.falseAlarms === 0;
}

/** What a command's last line says, which is JSON; null: it says something else. */
function lastLine<T>(output: string): T | null {
  try {
    return JSON.parse(output.trimEnd().split("\n").at(-1) ?? "") as T;
  } catch {
    return null;
  }
}
