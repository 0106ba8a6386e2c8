import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { jsonFileStore } from "../src/json-file-store.ts";

// Beside the sources, not in the system's folder for such things: that may be in memory, where nothing is fsynced.
const PLACES = join(import.meta.dirname, "../../../node_modules/.cache/json-file-store-");

describe("json file store", () => {
  messageStoreSuite(
    { describe, it, expect },
    {
      capabilities: { survivesReopen: true, durability: "fsync" },
      create: async () => {
        const folder = await mkdtemp(PLACES);
        const file = join(folder, "chat.json");
        const store = jsonFileStore({ file });
        return {
          store,
          reopen: () => jsonFileStore({ file }),
          pass: (ms) => sleep(ms),
          destroy: async () => {
            await store.close();
            await rm(folder, { recursive: true });
          },
        };
      },
    },
  );
});
