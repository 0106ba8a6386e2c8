import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { sqliteAdapter } from "./adapter-under-test.ts";

describe("sqlite store: writing", () => {
  messageStoreSuite({ describe, it, expect }, sqliteAdapter, "writing");
});
