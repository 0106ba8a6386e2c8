import type { Append, AppendResult, MessageStore, NewConversation } from "@earshot/core";
import type { Pool } from "pg";
import type { PgClient, PgPool, PgQuery } from "../src/index.ts";

let made = 0;

export function conversation(id: string): NewConversation {
  return {
    ...{ id, kind: "group", mode: "push", epoch: "e1", creator: "alice", at: 1, title: null, meta: null, open: false },
    ...{ wholeHistory: false, members: [["alice", "owner"] as const, ["bob", "member"] as const] },
    first: [{ type: "meta", body: { kind: "group" } }],
  };
}

export function message(c: string, user: string, text: string): Append {
  made += 1;
  const key = { id: `m${made}`, hash: `hash of ${text}` };
  return { conversation: c, user, at: 1_000 + made, type: "message", body: { text }, key, by: ["owner", "member"] };
}

export function seqOf(result: AppendResult | undefined): number {
  if (result?.kind === "event") return result.row.seq;
  return result?.kind === "duplicate" ? result.seq : 0;
}

/** Every event of the feed above a mark, as `c1 2`, and its end. */
export async function feedOf(store: MessageStore, after: string | null): Promise<readonly [string[], string]> {
  const names: string[] = [];
  for (let mark = after; ; ) {
    const page = await store.feed(mark, 3, 1e6);
    names.push(...page.items.map((item) => `${item.conversation} ${"gone" in item ? "gone" : item.row.seq}`));
    ({ mark } = page);
    if (!page.more) return [names, mark];
  }
}

/**
 * A pool whose transactions stop before they end, until they are let go: another process at the worst moment. Those
 * that only read are let through.
 */
export class GatedPool implements PgPool {
  readonly #pool: Pool;
  #closed = false;
  #arrived: () => void = () => {};
  #letGo: (() => void)[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** From now on they stop. Resolves when the first has come to its end. */
  close(): Promise<void> {
    this.#closed = true;
    return new Promise((resolve) => {
      this.#arrived = resolve;
    });
  }

  open(): void {
    this.#closed = false;
    for (const go of this.#letGo.splice(0)) go();
  }

  async connect(): Promise<PgClient> {
    const client = await this.#pool.connect();
    let writes = false;
    return {
      query: async (query: string | PgQuery) => {
        if (typeof query === "string" && query.startsWith("BEGIN")) writes = query.includes("READ WRITE");
        if (query === "COMMIT" && writes && this.#closed) {
          await new Promise<void>((resolve) => {
            this.#letGo.push(resolve);
            this.#arrived();
          });
        }
        return client.query(query as PgQuery);
      },
      release: (error) => client.release(error),
      on: (event, listener) => client.on(event, listener),
      removeListener: (event, listener) => client.removeListener(event, listener),
    };
  }
}
