import type { ConversationId, Epoch } from "@earshot/protocol";
import type { NewConversation } from "../../ports/conversation-settings.ts";
import type { MessageStore } from "../../ports/message-store.ts";

/** Methods that change a store. */
export const WRITES = new Set<keyof MessageStore>([
  "append",
  "create",
  "raise",
  "put",
  "ban",
  "block",
  "remove",
  "lease",
  "position",
  "revoke",
  "expire",
  "erase",
  "setting",
]);

interface Operation {
  /** Virtual ms. */
  readonly at: number;
  readonly method: keyof MessageStore;
  given: readonly unknown[];
}

/** Everything that has changed a store, in order: from it the store can be had as it was at any moment. */
export class OperationLog {
  #operations: Operation[] = [];
  readonly #epochs = new Map<ConversationId, Epoch>();
  #lives = 1;

  /** Conversations and their present epochs, removed ones too. */
  get epochs(): ReadonlyMap<ConversationId, Epoch> {
    return this.#epochs;
  }

  add(at: number, method: keyof MessageStore, given: readonly unknown[]): void {
    this.#operations.push({ at, method, given });
  }

  /** A conversation was made by the operation that was added last. */
  created({ id, epoch }: NewConversation): void {
    this.#epochs.set(id, epoch);
  }

  /** Forgets what came after a moment, and gives every log a new epoch. */
  rewind(to: number): void {
    this.#operations = this.#operations.filter(({ at }) => at <= to);
    this.#epochs.clear();
    this.#lives++;
    for (const operation of this.#operations) {
      if (operation.method !== "create") continue;
      const [made] = operation.given as [NewConversation];
      // Two lives of a log never have one name, also where a log was put back twice.
      const epoch = `${made.epoch.split("~")[0]}~${this.#lives}`;
      operation.given = [{ ...made, epoch }];
    }
  }

  /** Does everything once more, on a store that has seen nothing. `moment`: told of each operation's. */
  replay(store: MessageStore, moment: (at: number) => void): void {
    for (const { at, method, given } of this.#operations) {
      moment(at);
      const done = (store[method] as (...given: readonly unknown[]) => Promise<unknown>)(...given);
      // Memory stores work at once; what was refused then is refused again.
      const [made] = given as readonly [NewConversation];
      void done.then(
        (answer) => {
          if (method === "create" && (answer as { readonly kind: string }).kind === "created") this.created(made);
        },
        () => {},
      );
    }
  }
}
