import { ChatError } from "@earshot/protocol";

/** `leaving`: who balances is told to send nobody here, and who comes all the same is let in. */
export type Phase = "new" | "starting" | "running" | "leaving" | "draining" | "closing" | "closed";

/** An engine's phases: each step is taken once, a second `drain` or `close` waits for the first. */
export class Lifecycle {
  #phase: Phase = "new";
  #draining: Promise<void> | null = null;
  #closing: Promise<void> | null = null;

  get phase(): Phase {
    return this.#phase;
  }

  /** Runs `open`, once. Rejects with `conflict` a second time; after a failed start the engine is closed. */
  async start(open: () => Promise<void>): Promise<void> {
    if (this.#phase !== "new") {
      throw new ChatError(
        "conflict",
        `unable to start the engine; it is ${this.#phase === "closed" ? "closed" : "started already"}`,
      );
    }
    this.#phase = "starting";
    try {
      await open();
    } catch (error) {
      this.#phase = "closed";
      throw error;
    }
    // It may have been closed meanwhile.
    if (this.#phase === "starting") this.#phase = "running";
  }

  /** Runs `leave`, and then `drain` unless it was closed meanwhile, once; nothing to do for an engine that does not run. */
  drain(leave: () => Promise<void>, drain: () => Promise<void>): Promise<void> {
    if (this.#phase !== "running") return this.#draining ?? Promise.resolve();
    this.#phase = "leaving";
    this.#draining = leave().then(async () => {
      if (this.#phase !== "leaving") return;
      this.#phase = "draining";
      await drain();
    });
    return this.#draining;
  }

  /** Runs `close`, once. */
  close(close: () => Promise<void>): Promise<void> {
    if (this.#phase === "closed") return Promise.resolve();
    this.#closing ??= this.#run(close);
    return this.#closing;
  }

  async #run(close: () => Promise<void>): Promise<void> {
    this.#phase = "closing";
    try {
      await close();
    } finally {
      this.#phase = "closed";
    }
  }
}
