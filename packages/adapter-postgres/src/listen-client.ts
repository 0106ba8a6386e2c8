import { ChatError } from "@earshot/protocol";
import type { PgPool } from "./pg-pool.ts";

/** What is used of a `pg.Client` that nobody else uses. */
export interface PgListenClient {
  connect(): Promise<unknown>;
  query(query: string | { readonly text: string; readonly values: unknown[] }): Promise<unknown>;
  end(): Promise<unknown>;
  on(event: "notification", listener: (notification: { readonly payload?: string | undefined }) => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  on(event: "end", listener: () => void): unknown;
  /** Of the server's process, as it was said when the connection was made. */
  readonly processID?: number | null;
}

/** A connection straight to PostgreSQL, for pools that go through a pooler: its URL, `pg`'s client options, or what makes a new client that has not connected yet. */
export type ListenSource = string | object | (() => PgListenClient);

type ClientConstructor = new (options: object) => PgListenClient;

/** A dead connection is noticed by the adapter itself; the operating system's own probes come in addition. */
const OPTIONS = { keepAlive: true, connectionTimeoutMillis: 5_000 };

/**
 * Makes connections of their own, as the pool makes its own, or as `listen` says; `name` is how they are called in
 * `pg_stat_activity`. Throws `invalid` for a pool that cannot be asked.
 */
export function listenClients(pool: PgPool, listen: ListenSource | undefined, name: string): () => PgListenClient {
  if (typeof listen === "function") return listen as () => PgListenClient;
  // A `pg.Pool` keeps the class of its clients; it is not in the types.
  const { Client, options } = pool as PgPool & { readonly Client?: ClientConstructor };
  if (Client === undefined) {
    throw new ChatError(
      "invalid",
      "unable to listen; this pool does not say how its connections are made: give listen: () => new pg.Client({ … })",
    );
  }
  const own = typeof listen === "string" ? { connectionString: listen } : (listen ?? optionsOf(options));
  return () => new Client({ ...own, ...OPTIONS, application_name: name });
}

/** The pool hides the password from whoever copies its options. */
function optionsOf(options: object | undefined): object {
  const { password } = (options ?? {}) as { readonly password?: unknown };
  return password === undefined ? { ...options } : { ...options, password };
}

/** Ends a connection that may be dead: its `end` would wait for an answer. */
export function destroyClient(client: PgListenClient): void {
  // Not in the types: `pg` has no other way to let go of a socket at once.
  const { connection } = client as PgListenClient & {
    readonly connection?: { readonly stream?: { destroy?(): void } };
  };
  connection?.stream?.destroy?.();
  client.end().catch(() => {});
}
