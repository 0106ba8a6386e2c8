import { type ChildProcess, fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { type Answer, nameOf, type Order, type Task, type TaskResult } from "./seed-result.ts";

/** Tasks that a process is sent before it has ended the first: it never waits for this one, whatever that is busy with. */
const AHEAD = 3;
/** Longest time for one run, in ms of the machine: then its process is at fault. */
const RUN_WITHIN_MS = 120_000;

const WORKER = join(import.meta.dirname, "worker.ts");
/** As tests run: docs/dependencies.md says why. */
const FLAGS = [
  "--conditions=@earshot/source",
  "--no-memory-protection-keys",
  // a run makes much that it soon drops: with room for it the collector has a tenth of the work
  "--min-semi-space-size=32",
  "--max-semi-space-size=64",
];

export interface WorkersOptions {
  /** A module that is loaded before all others in each process. */
  readonly preload?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Processes. Default: one for each core. */
  readonly count?: number;
}

/** Processes that run tasks, each one after the other. */
export class Workers {
  readonly #options: WorkersOptions;
  readonly count: number;

  constructor(options: WorkersOptions = {}) {
    this.#options = options;
    this.count = options.count ?? Math.max(1, availableParallelism());
  }

  /** Runs them all, each process its own in their order; `onResult` false ends it with those that are under way. */
  async run(tasks: Iterable<Task>, onResult: (result: TaskResult) => boolean | Promise<boolean>): Promise<void> {
    const left = tasks[Symbol.iterator]();
    let goesOn = true;
    const runner = async (): Promise<void> => {
      let worker = new Worker(this.#options);
      const sent: Task[] = [];
      while (goesOn) {
        while (sent.length < AHEAD) {
          const next = left.next();
          if (next.done) break;
          sent.push(next.value);
          worker.tell({ order: "run", task: next.value });
        }
        const task = sent.shift();
        if (task === undefined) break;
        const answer = await worker.answer(RUN_WITHIN_MS);
        if (answer?.answer !== "ran") {
          worker.end();
          worker = new Worker(this.#options);
          // it was the first one's fault
          for (const again of sent) worker.tell({ order: "run", task: again });
        }
        const result = answer?.answer === "ran" ? answer.result : ended(task);
        if (goesOn && !(await onResult(result))) goesOn = false;
      }
      worker.end();
    };
    await Promise.all(Array.from({ length: this.count }, runner));
  }

  /** null: its process ended over it. */
  async ask(order: Order, withinMs: number): Promise<Answer | null> {
    const worker = new Worker(this.#options);
    worker.tell(order);
    const answer = await worker.answer(withinMs);
    worker.end();
    return answer;
  }
}

function ended(task: Task): TaskResult {
  const failure = { ids: ["thrown"], whys: [`the process ended, or went on for ${RUN_WITHIN_MS / 1_000} s`] };
  return { name: nameOf(task), failure, hash: "", events: 0, lines: 0, sends: 0, faults: {}, kinds: {}, points: {} };
}

class Worker {
  readonly #child: ChildProcess;
  /** What came and was not asked for yet. */
  readonly #came: Answer[] = [];
  #ended = false;
  #wake: () => void = () => {};

  constructor({ preload, env }: WorkersOptions) {
    const execArgv = [...FLAGS, ...(preload === undefined ? [] : [`--import=${preload}`])];
    this.#child = fork(WORKER, [], { execArgv, env: { ...process.env, ...env } });
    this.#child.on("message", (answer: Answer) => {
      this.#came.push(answer);
      this.#wake();
    });
    this.#child.on("exit", () => {
      this.#ended = true;
      this.#wake();
    });
  }

  /** Orders wait in its channel until it is there, and then for each other. */
  tell(order: Order): void {
    // that it has ended is told by `answer`
    if (this.#child.connected) this.#child.send(order, () => {});
  }

  /** Its next answer; null: it has ended, or took longer. */
  async answer(withinMs: number): Promise<Answer | null> {
    const until = performance.now() + withinMs;
    while (this.#came.length === 0 && !this.#ended && performance.now() < until) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, until - performance.now());
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#came.shift() ?? null;
  }

  end(): void {
    this.#child.kill("SIGKILL");
  }
}
