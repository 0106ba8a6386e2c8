import { describe, expect, it } from "vitest";
import { clientStorageSuite } from "./conformance/client-storage.ts";
import { MemoryDisk, memoryStorage } from "./memory-storage.ts";

describe("memoryStorage", () => {
  clientStorageSuite(
    { describe, it, expect },
    {
      create: async () => {
        const disk = new MemoryDisk();
        return { another: () => memoryStorage(disk), destroy: async () => {} };
      },
    },
  );
});
