import type { Durability } from "@earshot/protocol";
import type { ListenSource } from "./listen-client.ts";

export interface PostgresStoreOptions {
  /** Whose tables: `default` in the schema `earshot`, any other in `earshot_<namespace>`. Lower-case letters, digits, `_`; 55 at most. */
  readonly namespace?: string;
  /** What must survive at least: `open` refuses a server whose settings promise less. Default: whatever they promise. */
  readonly durability?: Durability;
  /** Transactions of `append` at once. Default 1: more are worth it over many conversations with 1,000 sends in flight, and make it slower before. */
  readonly lanes?: number;
  /** Whether the server keeps plans under names. Default true; false behind a pooler that does not know them (PgBouncer before 1.21 in transaction mode). */
  readonly namedStatements?: boolean;
  /** ms in which a transaction is answered or its connection is given up, whatever the network does. Default 20,000. */
  readonly timeoutMs?: number;
  /**
   * A connection straight to PostgreSQL, on which the store hears at once that a transaction of the host's has committed drafts
   * (`send` with `tx`); it is opened with the first draft. Default: as the pool connects, and none where that goes through a pooler. false: none, and no
   * NOTIFY in the host's transactions; drafts are found within `draftsEveryMs`.
   */
  readonly listen?: ListenSource | false;
}
