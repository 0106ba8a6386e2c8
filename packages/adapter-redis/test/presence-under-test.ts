import { randomBytes } from "node:crypto";
import type { PresenceStoreAdapter } from "@earshot/core/testing";
import { redisPresence } from "../src/index.ts";
import { type RedisUnderTest, settled } from "./bus-under-test.ts";
import { hostClient } from "./host-clients.ts";

/** Presence, each in a namespace of its own. */
export function presenceAdapter({ driver, url, cluster }: RedisUnderTest): PresenceStoreAdapter {
  return {
    ttlMs: 400,
    create: async () => {
      const namespace = `p${randomBytes(8).toString("hex")}`;
      const store = () => redisPresence(hostClient(driver, url, { cluster }), { namespace });
      const nodes = [store(), store()] as const;
      return {
        nodes,
        pass: (ms) => settled(url, ms + (cluster ? 30 : 15)),
        destroy: async () => {
          for (const node of nodes) await node.close();
        },
      };
    },
  };
}
