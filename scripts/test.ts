// Everything that decides whether a change is good, in one command: `npm test`, or a part of it by the steps' names
// (`npm test -- static`, `npm test -- unit conformance`); further words choose test files (`npm test -- unit send-lane`).
// Closes with one line: N passed, N failed.
import { join } from "node:path";
import { ensureChromium } from "./test-run/chromium.ts";
import { runCommand } from "./test-run/command.ts";
import { fire } from "./test-run/fire.ts";
import { packedPackages } from "./test-run/packed-packages.ts";
import { simulation } from "./test-run/simulation.ts";
import { type Outcome, oneCheck, type Step, sum } from "./test-run/step.ts";
import { vitestProject } from "./test-run/vitest-project.ts";

const root = join(import.meta.dirname, "..");
const minute = 60_000;

const say = (text: string): void => {
  process.stdout.write(`${text}\n`);
};

/** A tool from node_modules/.bin that succeeds or fails as a whole. */
async function tool(name: string, args: readonly string[]): Promise<Outcome> {
  const path = join(root, "node_modules/.bin", name);
  return oneCheck(await runCommand(process.execPath, [path, ...args], root, 5 * minute), [name, ...args].join(" "));
}

function check(name: string, about: string, run: () => Promise<Outcome>): Step {
  return { name, about, run, takesWords: false };
}

function tests(name: string, about: string, withinMs: number, flags: readonly string[] = []): Step {
  return { name, about, run: (words) => vitestProject(root, name, [...flags, ...words], withinMs), takesWords: true };
}

const endToEnd = tests("e2e", "against npm start, with browsers", 15 * minute);

/** One round after the other; what stands in one round takes one core each, or mostly waits, and runs together. */
const rounds: readonly (readonly Step[])[] = [
  [
    check("format", "biome: format and lint", () =>
      tool("biome", ["check", ".", "--error-on-warnings", "--diagnostic-level=warn", "--max-diagnostics=none"]),
    ),
    check("law", "eslint: imports, promises, time and chance", () => tool("eslint", [".", "--max-warnings=0"])),
    check("types", "tsc -b, type tests included", () => tool("tsc", ["-b"])),
    check("unused", "knip: files, exports, dependencies", () => tool("knip", ["--no-progress"])),
  ],
  [tests("unit", "no I/O", 5 * minute)],
  [tests("conformance", "each port's promises, on real files and processes", 8 * minute)],
  [check("simulation", "seeds of whole clusters, some twice; a checker that bites", () => simulation(root, say))],
  [tests("servers", "the same on real servers: Postgres, Redis, Redis Cluster, NATS", 8 * minute, ["--maxWorkers=3"])],
  // Some of it kills in the middle of what it times, and wants the machine for itself.
  [tests("wire", "against npm start, frame by frame", 8 * minute, ["--maxWorkers=3"])],
  [
    tests("wire-poll", "the same by long polling, where it is not about sockets", 8 * minute, ["--maxWorkers=3"]),
    tests("wire-sse", "the same by server-sent events", 8 * minute, ["--maxWorkers=3"]),
  ],
  [check("fire", "a cluster under load, everything killed, a checker of what came of it", () => fire(root))],
  [
    check("packages", "publint, attw, import and require of each tarball", () => packedPackages(root)),
    check("size", "size-limit: the client's bytes", () => tool("size-limit", [])),
  ],
  [
    {
      ...endToEnd,
      run: async (words) => {
        const chromium = await ensureChromium((text) => say(`e2e: ${text}`));
        return chromium.ok ? endToEnd.run(words) : oneCheck(chromium, "Chromium");
      },
    },
  ],
];

const steps = rounds.flat();

const groups: Readonly<Record<string, readonly string[]>> = { static: ["format", "law", "types", "unused"] };

/** The steps that the command line names (none: all), and the words for vitest; null if it cannot be understood. */
function chosen(
  words: readonly string[],
): { readonly steps: readonly Step[]; readonly words: readonly string[] } | null {
  const named = new Set(
    words.flatMap((word) => groups[word] ?? (steps.some(({ name }) => name === word) ? [word] : [])),
  );
  const others = words.filter((word) => groups[word] === undefined && !named.has(word));
  const chosenSteps = named.size === 0 ? steps : steps.filter(({ name }) => named.has(name));
  if (others.length > 0 && !chosenSteps.every((step) => step.takesWords)) return null;
  return { steps: chosenSteps, words: others };
}

async function run(step: Step, words: readonly string[]): Promise<Outcome> {
  const started = performance.now();
  const outcome = await step.run(words);
  const { passed, failed, skipped, output } = outcome;
  const took = `${((performance.now() - started) / 1000).toFixed(1)} s`;
  const counts = `${passed} passed${failed > 0 ? `, ${failed} FAILED` : ""}${skipped > 0 ? `, ${skipped} skipped` : ""}`;
  say(`${step.name.padEnd(12)} ${counts.padEnd(24)} ${took.padStart(8)}   ${step.about}`);
  if (failed > 0) say(`\n${output.trimEnd()}\n`);
  return outcome;
}

const plan = chosen(process.argv.slice(2));
if (plan === null) {
  const known = [...Object.keys(groups), ...steps.map(({ name }) => name)].join(", ");
  say(
    `Unable to choose tests; words beside a step's name go with unit, conformance, wire and e2e only. Steps: ${known}.`,
  );
  process.exitCode = 1;
} else {
  const outcomes: Outcome[] = [];
  for (const round of rounds) {
    const chosenOfRound = round.filter((step) => plan.steps.includes(step));
    outcomes.push(...(await Promise.all(chosenOfRound.map((step) => run(step, plan.words)))));
  }
  const { passed, failed } = sum(outcomes);
  const nothing = passed + failed === 0 ? 1 : 0;
  say(`\n${passed} passed, ${failed + nothing} failed`);
  process.exitCode = failed + nothing > 0 ? 1 : 0;
}
