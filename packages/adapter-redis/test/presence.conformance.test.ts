import { presenceStoreSuite } from "@earshot/core/testing";
import { describe, expect, inject, it } from "vitest";
import { presenceAdapter } from "./presence-under-test.ts";

describe("presence on one server by ioredis", () => {
  const adapter = presenceAdapter({ driver: "ioredis", url: inject("redisUrl"), cluster: false });
  presenceStoreSuite({ describe, it, expect }, adapter);
});
