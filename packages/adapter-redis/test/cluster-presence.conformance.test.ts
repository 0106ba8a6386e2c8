import { presenceStoreSuite } from "@earshot/core/testing";
import { describe, expect, inject, it } from "vitest";
import { presenceAdapter } from "./presence-under-test.ts";

describe("presence on a Cluster by node-redis", () => {
  const adapter = presenceAdapter({ driver: "node-redis", url: inject("redisClusterUrl"), cluster: true });
  presenceStoreSuite({ describe, it, expect }, adapter);
});
