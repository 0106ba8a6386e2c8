import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { MessageStoreAdapter } from "@earshot/core/testing";
import { redisStore } from "../src/index.ts";
import type { RedisClient } from "../src/redis-client.ts";

/** Stores on one server or Cluster with `appendfsync always`, each in a namespace of its own: what others leave there is in nobody's way. */
export function storeAdapter(client: RedisClient): MessageStoreAdapter {
  return {
    capabilities: { survivesReopen: true, durability: "fsync" },
    create: async () => {
      const namespace = `test-${randomBytes(6).toString("hex")}`;
      const another = () => {
        const made = redisStore(client, { namespace });
        stores.push(made);
        return made;
      };
      const stores: ReturnType<typeof redisStore>[] = [];
      return {
        store: another(),
        reopen: another,
        beside: another,
        pass: (ms) => sleep(ms),
        destroy: async () => {
          for (const store of stores) await store.close();
        },
      };
    },
  };
}
