import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { postgresAdapter } from "./store-under-test.ts";

describe("PostgreSQL store: writing", () => {
  messageStoreSuite({ describe, it, expect }, postgresAdapter(), "writing");
});
