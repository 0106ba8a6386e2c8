import { busSuite } from "@earshot/core/testing";
import { describe, expect, inject, it } from "vitest";
import { pubSubAdapter } from "./bus-under-test.ts";

const url = inject("redisClusterUrl");

for (const [driver, sharded] of [
  ["ioredis", true],
  ["node-redis", true],
  ["ioredis", false],
] as const) {
  describe(`bus on ${sharded ? "sharded" : "plain"} pub/sub of a Cluster by ${driver}`, () => {
    busSuite({ describe, it, expect }, pubSubAdapter({ driver, url, cluster: true }, sharded));
  });
}
