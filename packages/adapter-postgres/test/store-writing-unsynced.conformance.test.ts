import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { postgresAdapter } from "./store-under-test.ts";

/** Promises less, and says so; pipelined, as is recommended. */
describe("PostgreSQL store with synchronous_commit off: writing", () => {
  const adapter = postgresAdapter(
    { options: "-c synchronous_commit=off", pipeline: true },
    { survivesReopen: true, durability: "process", drafts: true },
  );
  messageStoreSuite({ describe, it, expect }, adapter, "writing");
});
