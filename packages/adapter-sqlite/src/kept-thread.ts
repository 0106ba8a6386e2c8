import { ChatError, type Durability } from "@earshot/protocol";
import type { CallName, Calls } from "./calls.ts";
import { StoreThread } from "./store-thread.ts";

const RETRY_AFTER_MS = 1_000;

/** A store's thread from `open` to `close`: the next call starts another where one has died. */
export class KeptThread {
  readonly #path: string;
  #durability: Durability = "process";
  #state: "new" | "opening" | "open" | "closed" = "new";
  #thread: StoreThread | null = null;
  /** While a thread starts: the first one, or another after one has died. */
  #starting: Promise<StoreThread> | null = null;
  #closing: Promise<void> | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  get durability(): Durability {
    return this.#durability;
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open store; it was opened before");
    this.#state = "opening";
    try {
      await this.#start();
    } catch (error) {
      if (this.#isClosed()) throw closed();
      this.#state = "new";
      throw error;
    }
    if (this.#isClosed()) throw closed();
    this.#state = "open";
  }

  close(): Promise<void> {
    this.#state = "closed";
    this.#closing ??= this.#stop();
    return this.#closing;
  }

  call<Name extends CallName>(name: Name, given: Calls[Name]["given"]): Promise<Calls[Name]["answer"]> {
    if (this.#state !== "open") return Promise.reject(closed());
    // Without an await on the way: calls reach the thread in the order they are made in, and before its end.
    if (this.#thread !== null && !this.#thread.dead) return this.#thread.call(name, given);
    return this.#start().then(
      (thread) => thread.call(name, given),
      (error: unknown) => Promise.reject(unavailable(error)),
    );
  }

  #start(): Promise<StoreThread> {
    this.#starting ??= StoreThread.start(this.#path)
      .then(({ thread, durability }) => {
        this.#thread = thread;
        this.#durability = durability;
        return thread;
      })
      .finally(() => {
        this.#starting = null;
      });
    return this.#starting;
  }

  async #stop(): Promise<void> {
    // A start that fails has nothing to stop; whoever asked for it is told why.
    await this.#starting?.catch(() => {});
    await this.#thread?.stop();
  }

  /** A method, because the state may have changed during an await. */
  #isClosed(): boolean {
    return this.#state === "closed";
  }
}

function closed(): ChatError {
  return new ChatError("closed", "unable to use store; it is not open");
}

function unavailable(cause: unknown): ChatError {
  return new ChatError(
    "unavailable",
    "unable to use store; its thread has ended, and another could not open the file",
    {
      retryAfterMs: RETRY_AFTER_MS,
      cause,
    },
  );
}
