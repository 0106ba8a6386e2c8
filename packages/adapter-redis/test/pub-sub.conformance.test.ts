import { busSuite } from "@earshot/core/testing";
import { describe, expect, inject, it } from "vitest";
import { pubSubAdapter } from "./bus-under-test.ts";

const url = inject("redisUrl");

for (const driver of ["ioredis", "node-redis"] as const) {
  describe(`bus on pub/sub by ${driver}`, () => {
    busSuite({ describe, it, expect }, pubSubAdapter({ driver, url, cluster: false }, false));
  });
}
