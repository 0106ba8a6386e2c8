import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { ChatError, type Durability } from "@earshot/protocol";
import type { Answer, Call, CallName, Calls, FromWorker, ToWorker } from "./calls.ts";
import type { RefusalText } from "./refusal.ts";

/** Entries in one transaction, so that a backlog does not become one commit that lasts a second. A call is never split. */
const ROUND_ENTRIES_MAX = 1_000;
/** What a step of an expiry or an erasure, which may change as many rows, counts as among entries. */
const UPKEEP_STEP_ENTRIES = 250;
/** Calls that wait for their round; more are rejected with `unavailable`. */
const WAITING_CALLS_MAX = 10_000;
const RETRY_AFTER_MS = 1_000;

interface Waiting {
  readonly call: Call;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ChatError) => void;
}

/**
 * The main thread's end of the worker. One round is under way at a time; what is called meanwhile
 * waits and goes together in the next, so that the appends of many callers share one commit.
 * An idle thread does not keep the process alive.
 */
export class StoreThread {
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  #waiting: Waiting[] = [];
  #round: (Waiting | null)[] = [];
  #unanswered = 0;
  #scheduled = false;
  #stopping: (() => void) | null = null;
  #death: ChatError | null = null;

  /** Starts a thread and opens the database in it. Rejects with what `openDatabase` refuses with. */
  static start(path: string): Promise<{ readonly thread: StoreThread; readonly durability: Durability }> {
    const worker = startWorker(path);
    return new Promise((resolve, reject) => {
      let failure: unknown = null;
      worker.on("error", (error) => {
        failure = error;
      });
      const onExit = () =>
        reject(new ChatError("internal", "unable to open store; its thread did not start", { cause: failure }));
      worker.once("exit", onExit);
      worker.once("message", (message: FromWorker) => {
        worker.off("exit", onExit);
        if ("refused" in message) {
          worker.once("exit", () => reject(errorFrom(message.refused)));
        } else if ("opened" in message) {
          resolve({ thread: new StoreThread(worker, () => failure), durability: message.opened });
        }
      });
    });
  }

  private constructor(worker: Worker, failure: () => unknown) {
    this.#worker = worker;
    worker.on("message", (message: FromWorker) => {
      if ("answers" in message) this.#settle(message.answers);
    });
    this.#ended = new Promise((resolve) => {
      worker.once("exit", () => {
        this.#die(failure());
        resolve();
      });
    });
    worker.unref();
  }

  /** Whether the thread has ended by itself. What was in hand is rejected, with an unknown result. */
  get dead(): boolean {
    return this.#death !== null;
  }

  call<Name extends CallName>(name: Name, given: Calls[Name]["given"]): Promise<Calls[Name]["answer"]> {
    return new Promise((resolve, reject) => {
      if (this.#death !== null) return reject(this.#death);
      if (this.#waiting.length >= WAITING_CALLS_MAX) return reject(unavailable("too many calls wait for it"));
      const call = { name, given } as Call;
      this.#waiting.push({ call, resolve: resolve as (value: unknown) => void, reject });
      this.#schedule();
    });
  }

  /** Waits for what is in hand, closes the database and ends the thread. */
  async stop(): Promise<void> {
    if (this.#unanswered > 0 || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#stopping = resolve;
      });
    }
    this.#worker.ref();
    this.#post({ close: true });
    await this.#ended;
  }

  /** At the end of what runs now, so that what one turn calls goes in one round. */
  #schedule(): void {
    if (this.#unanswered > 0 || this.#scheduled) return;
    this.#scheduled = true;
    this.#worker.ref();
    void Promise.resolve().then(() => this.#next());
  }

  #next(): void {
    this.#scheduled = false;
    if (this.#death !== null) return;
    let entries = 0;
    let calls = 0;
    for (const { call } of this.#waiting) {
      entries += entriesIn(call);
      if (calls > 0 && entries > ROUND_ENTRIES_MAX) break;
      calls += 1;
    }
    const round = this.#waiting.splice(0, calls);
    this.#round = round;
    this.#unanswered = round.length;
    this.#post({ round: round.map(({ call }) => call) });
  }

  #settle(answers: readonly (readonly [place: number, answer: Answer])[]): void {
    for (const [place, answer] of answers) {
      const waiting = this.#round[place];
      if (!waiting) continue;
      this.#round[place] = null;
      this.#unanswered -= 1;
      if ("refusal" in answer) waiting.reject(errorFrom(answer.refusal));
      else waiting.resolve(answer.value);
    }
    if (this.#unanswered > 0) return;
    if (this.#waiting.length > 0) {
      this.#next();
    } else {
      this.#worker.unref();
      this.#stopping?.();
    }
  }

  #die(cause: unknown): void {
    this.#death = unavailable("its thread has ended", cause);
    for (const waiting of [...this.#round, ...this.#waiting]) waiting?.reject(this.#death);
    this.#round = [];
    this.#waiting = [];
    this.#unanswered = 0;
    this.#stopping?.();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }
}

function entriesIn(call: Call): number {
  if (call.name === "append" || call.name === "raise") return call.given.length;
  return call.name === "expire" || call.name === "erase" ? UPKEEP_STEP_ENTRIES : 1;
}

function startWorker(path: string): Worker {
  // Beside this file, and of its kind: worker.js, worker.cjs, or worker.ts when running from sources.
  const extension = extname(fileURLToPath(import.meta.url));
  const execArgv = ["--disable-warning=ExperimentalWarning"];
  // Needed by Node 22 alone, and no harm to newer ones.
  if (extension === ".ts") execArgv.push("--experimental-strip-types");
  return new Worker(new URL(`./worker${extension}`, import.meta.url), {
    workerData: { path },
    execArgv,
    name: "earshot-sqlite",
  });
}

function errorFrom({ code, message }: RefusalText): ChatError {
  return new ChatError(code, message, code === "unavailable" ? { retryAfterMs: RETRY_AFTER_MS } : {});
}

function unavailable(why: string, cause?: unknown): ChatError {
  return new ChatError("unavailable", `unable to use store; ${why}`, { retryAfterMs: RETRY_AFTER_MS, cause });
}
