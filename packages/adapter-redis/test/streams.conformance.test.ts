import { busSuite } from "@earshot/core/testing";
import { describe, expect, inject, it } from "vitest";
import { streamsAdapter } from "./bus-under-test.ts";

const redisUrl = inject("redisUrl");
const redisClusterUrl = inject("redisClusterUrl");

describe("bus on a stream by ioredis", () => {
  busSuite({ describe, it, expect }, streamsAdapter({ driver: "ioredis", url: redisUrl, cluster: false }));
});

describe("bus on a stream of a Cluster by node-redis", () => {
  busSuite({ describe, it, expect }, streamsAdapter({ driver: "node-redis", url: redisClusterUrl, cluster: true }));
});
