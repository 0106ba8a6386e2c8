import { messageStoreSuite } from "@earshot/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type StartedBouncer, startBouncer } from "./pg-bouncer.ts";
import { postgresAdapter } from "./store-under-test.ts";

/** Each transaction may be on another connection than the last one: nothing may be left on any. */
describe("PostgreSQL store: through PgBouncer in transaction mode", () => {
  let bouncer: StartedBouncer;
  const config: { connectionString?: string } = {};

  beforeAll(async () => {
    bouncer = await startBouncer();
    config.connectionString = bouncer.url;
  });
  afterAll(() => bouncer.stop());

  const adapter = postgresAdapter(config, undefined, { namedStatements: false });
  messageStoreSuite({ describe, it, expect }, adapter, "writing");
});
