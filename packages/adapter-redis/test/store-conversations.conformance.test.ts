import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, inject, it } from "vitest";
import { hostClient } from "./host-clients.ts";
import { storeAdapter } from "./store-under-test.ts";

describe("redis store: conversations", () => {
  messageStoreSuite({ describe, it, expect }, storeAdapter(hostClient("ioredis", inject("redisUrl"))), "conversations");
});
