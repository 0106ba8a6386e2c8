import type { Durability } from "@earshot/protocol";

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
}
