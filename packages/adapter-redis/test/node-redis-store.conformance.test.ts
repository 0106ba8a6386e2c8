import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, inject, it } from "vitest";
import { hostClient } from "./host-clients.ts";
import { storeAdapter } from "./store-under-test.ts";

// Each part once with the second driver: half on one server, half on a Cluster.
describe("redis store through node-redis", () => {
  const single = storeAdapter(hostClient("node-redis", inject("redisUrl")));
  const cluster = storeAdapter(hostClient("node-redis", inject("redisClusterUrl"), { cluster: true }));
  messageStoreSuite({ describe, it, expect }, single, "conversations");
  messageStoreSuite({ describe, it, expect }, single, "upkeep");
  messageStoreSuite({ describe, it, expect }, cluster, "writing");
  messageStoreSuite({ describe, it, expect }, cluster, "reading");
});
