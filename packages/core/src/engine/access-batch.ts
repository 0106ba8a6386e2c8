import type { ConversationId, UserId } from "@earshot/protocol";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import type { Clock } from "../ports/clock.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access } from "../ports/pages.ts";

interface Asked {
  readonly pairs: readonly { readonly user: UserId; readonly conversation: ConversationId }[];
  readonly resolve: (access: readonly (Access | null)[]) => void;
  readonly reject: (error: unknown) => void;
}

/** Gathers what sessions ask of rights and heads within one turn into one read of the store, so that a thousand coming back cost a few. */
export class AccessBatch {
  readonly #store: Pick<MessageStore, "access">;
  readonly #clock: Clock;
  #asked: Asked[] = [];

  constructor(store: Pick<MessageStore, "access">, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Rights and heads of one user in many conversations, in the order asked. */
  of(user: UserId, conversations: readonly ConversationId[]): Promise<readonly (Access | null)[]> {
    return new Promise((resolve, reject) => {
      if (this.#asked.length === 0) this.#clock.endOfTurn(() => this.#ask());
      this.#asked.push({ pairs: conversations.map((conversation) => ({ user, conversation })), resolve, reject });
    });
  }

  /** The same of one conversation. */
  async one(user: UserId, c: ConversationId): Promise<Access | null> {
    return (await this.of(user, [c]))[0] ?? null;
  }

  #ask(): void {
    const asked = this.#asked;
    this.#asked = [];
    for (let from = 0; from < asked.length; ) {
      let to = from;
      for (let pairs = 0; to < asked.length && (to === from || pairs < FIXED_LIMITS.accessPairsPerCallMax); to++)
        pairs += asked[to]?.pairs.length ?? 0;
      void this.#read(asked.slice(from, to));
      from = to;
    }
  }

  async #read(asked: readonly Asked[]): Promise<void> {
    try {
      const access = await this.#store.access(asked.flatMap((one) => one.pairs));
      let at = 0;
      for (const { pairs, resolve } of asked) {
        resolve(access.slice(at, at + pairs.length));
        at += pairs.length;
      }
    } catch (error) {
      for (const { reject } of asked) reject(error);
    }
  }
}
