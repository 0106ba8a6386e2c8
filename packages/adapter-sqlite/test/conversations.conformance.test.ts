import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { sqliteAdapter } from "./adapter-under-test.ts";

describe("sqlite store: conversations", () => {
  messageStoreSuite({ describe, it, expect }, sqliteAdapter, "conversations");
});
