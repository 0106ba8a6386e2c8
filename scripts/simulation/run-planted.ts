import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { PlantedBug } from "./planted/planted.ts";
import { PLANTED_BUGS } from "./planted/planted-bugs.ts";
import { Progress } from "./progress.ts";
import type { Task } from "./seed-result.ts";
import { Workers } from "./workers.ts";

const PRELOAD = join(import.meta.dirname, "planted/plant.ts");

export interface PlantedOptions {
  /** Within so many each bug has to be found. */
  readonly seeds: number;
  /** Only the bug of this name. */
  readonly bug?: string | undefined;
  readonly json: boolean;
}

/** What became of one bug. */
interface Searched {
  readonly name: string;
  readonly trap: number | null;
  /** The first seed that is red with it, for what it breaks, and green without; null: none of them is. */
  readonly seed: number | null;
  /** Seeds run with it. */
  readonly seeds: number;
  /** Of the guarantees that it breaks those that were seen broken. */
  readonly ids: readonly string[];
}

/** Plants each bug and runs seeds from 1 on until one is red that is green without it; whether all were found. */
export async function runPlanted({ seeds, bug, json }: PlantedOptions): Promise<boolean> {
  const bugs = PLANTED_BUGS.filter(({ name }) => bug === undefined || name === bug);
  if (bugs.length === 0) throw new Error(`no planted bug is called ${bug}`);
  const progress = new Progress();
  const sound = new SoundSeeds();
  const all: Searched[] = [];
  const left = bugs[Symbol.iterator]();
  const searcher = async (): Promise<void> => {
    for (let next = left.next(); !next.done; next = left.next()) {
      const { value } = next;
      const searched = await search(value, seeds, sound, (runs) => {
        progress.show(`${all.length} of ${bugs.length} done; ${value.name}: ${runs} seeds`);
      });
      progress.end();
      all.push(searched);
      if (json) process.stdout.write(`${JSON.stringify(searched)}\n`);
      else process.stderr.write(`${describe(searched)}\n`);
    }
  };
  // a bug for each core: of one bug seeds are run in their order
  await Promise.all(Array.from({ length: Math.min(bugs.length, availableParallelism()) }, searcher));
  return summarise(all, json);
}

async function search(
  { name, trap, breaks }: PlantedBug,
  seedsMax: number,
  sound: SoundSeeds,
  onRun: (runs: number) => void,
): Promise<Searched> {
  const workers = new Workers({ preload: PRELOAD, env: { EARSHOT_PLANTED: name }, count: 1 });
  let searched: Searched = { name, trap, seed: null, seeds: seedsMax, ids: [] };
  let seeds = 0;
  const tasks = function* (): Iterable<Task> {
    for (let seed = 1; seed <= seedsMax; seed++) yield { seed };
  };
  await workers.run(tasks(), async ({ failure }) => {
    onRun(++seeds);
    const ids = failure?.ids.filter((id) => breaks.some((each) => each === id)) ?? [];
    if (ids.length === 0 || !(await sound.has(seeds))) return true;
    searched = { name, trap, seed: seeds, seeds, ids };
    return false;
  });
  return searched;
}

/** Seeds that are green without any bug: each is run once, when it is first asked for. */
class SoundSeeds {
  readonly #workers = new Workers({ count: 1 });
  readonly #known = new Map<number, Promise<boolean>>();

  has(seed: number): Promise<boolean> {
    const known = this.#known.get(seed) ?? this.#run(seed);
    this.#known.set(seed, known);
    return known;
  }

  async #run(seed: number): Promise<boolean> {
    let isSound = false;
    await this.#workers.run([{ seed }], ({ failure }) => {
      isSound = failure === null;
      return true;
    });
    return isSound;
  }
}

function describe({ name, trap, seed, seeds, ids }: Searched): string {
  const what = `${name} (${trap === null ? "no trap" : `trap ${trap}`})`;
  return seed === null ? `${what}: NOT FOUND in ${seeds} seeds` : `${what}: ${seeds} seeds, ${ids.join(" ")}`;
}

function summarise(all: readonly Searched[], json: boolean): boolean {
  const found = all.filter(({ seed }) => seed !== null);
  const needed = found.map(({ seeds }) => seeds).sort((a, b) => a - b);
  const medianSeeds = needed[needed.length >> 1] ?? null;
  const summary = { planted: all.length, found: found.length, medianSeeds };
  if (json) process.stdout.write(`${JSON.stringify(summary)}\n`);
  else process.stderr.write(`${found.length} of ${all.length} found, within ${medianSeeds} seeds in the median\n`);
  return found.length === all.length;
}
