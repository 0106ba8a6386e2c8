import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { MessageStoreAdapter } from "@earshot/core/testing";
import { sqliteStore } from "../src/index.ts";

/** SQLite, each store in a file of its own. */
export const sqliteAdapter: MessageStoreAdapter = {
  capabilities: { survivesReopen: true, durability: "fsync" },
  create: async () => {
    const directory = mkdtempSync(join(tmpdir(), "earshot-sqlite-"));
    const file = join(directory, "chat.db");
    const store = sqliteStore(file);
    const stores = [store];
    return {
      store,
      reopen: () => {
        const again = sqliteStore({ path: file });
        stores.push(again);
        return again;
      },
      pass: (ms) => sleep(ms),
      destroy: async () => {
        for (const opened of stores) await opened.close();
        rmSync(directory, { recursive: true });
      },
    };
  },
};
