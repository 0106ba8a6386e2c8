import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageStoreSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { sqliteStore } from "../src/index.ts";

describe("sqlite store", () => {
  messageStoreSuite(
    { describe, it, expect },
    {
      capabilities: { survivesReopen: true, durability: "fsync" },
      create: async () => {
        const directory = mkdtempSync(join(tmpdir(), "earshot-sqlite-"));
        const file = join(directory, "chat.db");
        const stores = [sqliteStore(file)];
        return {
          store: stores[0] as ReturnType<typeof sqliteStore>,
          reopen: () => {
            const again = sqliteStore({ path: file });
            stores.push(again);
            return again;
          },
          destroy: async () => {
            for (const store of stores) await store.close();
            rmSync(directory, { recursive: true });
          },
        };
      },
    },
  );
});
