export type { ListenSource, PgListenClient } from "./listen-client.ts";
export { printPresenceTables } from "./make-presence-tables.ts";
export { printMigrations } from "./migrate.ts";
export type { PgClient, PgPool, PgQuery, PgResult } from "./pg-pool.ts";
export { type PostgresBusOptions, postgresBus } from "./postgres-bus.ts";
export { type PostgresPresenceOptions, postgresPresence } from "./postgres-presence.ts";
export { postgresStore } from "./postgres-store.ts";
export type { PostgresStoreOptions } from "./store-options.ts";
