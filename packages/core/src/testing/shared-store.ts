import { ChatError } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";

type Method = (...given: unknown[]) => Promise<unknown>;

/**
 * Handles of one store for several engines, as a cluster's nodes have them of one database: the first
 * `open` opens it, each handle is opened, used and closed by itself, and the store stays open for the next.
 * Who made the store closes it.
 */
export function sharedStore(store: MessageStore): () => MessageStore {
  let opened: Promise<void> | null = null;
  const open = async () => {
    opened ??= store.open();
    try {
      await opened;
    } catch (error) {
      opened = null;
      throw error;
    }
  };
  return () => {
    const handle = new Handle(open);
    const methods = new Map<PropertyKey, Method>();
    return new Proxy(store, {
      get: (target, name) => {
        const known = methods.get(name);
        if (known !== undefined) return known;
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        const method = handle.method(name, (...given) => Reflect.apply(value, target, given));
        methods.set(name, method);
        return method;
      },
    });
  };
}

/** One engine's hold on the store. */
class Handle {
  readonly #open: () => Promise<void>;
  #state: "new" | "opening" | "open" | "closed" = "new";
  /** Calls that have no answer yet. */
  #inHand = 0;
  readonly #idle: (() => void)[] = [];

  constructor(open: () => Promise<void>) {
    this.#open = open;
  }

  method(name: PropertyKey, call: Method): Method {
    if (name === "open") return () => this.open();
    if (name === "close") return () => this.close();
    return async (...given) => {
      if (this.#state !== "open") throw new ChatError("closed", "unable to use store; it is not open");
      this.#inHand += 1;
      try {
        return await call(...given);
      } finally {
        this.#inHand -= 1;
        if (this.#inHand === 0) for (const resolve of this.#idle.splice(0)) resolve();
      }
    };
  }

  async open(): Promise<void> {
    if (this.#state !== "new") throw new ChatError("conflict", "unable to open store; it was opened before");
    this.#state = "opening";
    try {
      await this.#open();
    } catch (error) {
      if (this.#isOpening()) this.#state = "new";
      throw error;
    }
    if (!this.#isOpening()) throw new ChatError("closed", "unable to open store; it was closed meanwhile");
    this.#state = "open";
  }

  /** Waits for this handle's calls; those of others go on. */
  async close(): Promise<void> {
    this.#state = "closed";
    if (this.#inHand > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  /** `close` may have come in between. */
  #isOpening(): boolean {
    return this.#state === "opening";
  }
}
