import { ChatError } from "@earshot/protocol";
import type { MessageStore } from "../ports/message-store.ts";

/**
 * Handles of one store for several engines, as a cluster's nodes have them of one database: the first
 * `open` opens it, each handle is closed by itself, and the store stays open for the next.
 */
export function sharedStore(store: MessageStore): () => MessageStore {
  let opened: Promise<void> | null = null;
  return () => {
    let open = false;
    return new Proxy(store, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name, target);
        if (typeof value !== "function") return value;
        if (name === "close") {
          return async () => {
            open = false;
          };
        }
        if (name === "open") {
          return async () => {
            opened ??= store.open();
            await opened;
            open = true;
          };
        }
        return async (...given: unknown[]) => {
          if (!open) throw new ChatError("closed", "unable to use store; it is not open");
          return value.apply(target, given);
        };
      },
    });
  };
}
