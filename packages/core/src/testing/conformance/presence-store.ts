import type { PresenceStoreAdapter, WithPresence } from "./presence-store/adapter-under-test.ts";
import { changeCases } from "./presence-store/changes.ts";
import { leaseCases } from "./presence-store/leases.ts";
import { seenCases } from "./presence-store/seen.ts";
import { sessionCases } from "./presence-store/sessions.ts";
import type { Runner } from "./runner.ts";
import { portTraits } from "./traits.ts";

/** Every promise of the `PresenceStore` port, one case each. */
export function presenceStoreSuite(runner: Runner, adapter: PresenceStoreAdapter): void {
  const withPresence: WithPresence = (run) => async () => {
    const presence = await adapter.create();
    try {
      for (const node of presence.nodes) await node.open();
      await run(presence);
    } finally {
      await presence.destroy();
    }
  };
  portTraits(
    runner,
    async () => {
      const { nodes, destroy } = await adapter.create();
      return { port: nodes[0], destroy };
    },
    {
      lease: (store) => store.lease("n1", adapter.ttlMs),
      put: (store) => store.put("n1", []),
      remove: (store) => store.remove("n1", []),
      of: (store) => store.of(["alice"]),
    },
  );
  sessionCases(runner, withPresence, adapter);
  leaseCases(runner, withPresence, adapter);
  seenCases(runner, withPresence, adapter);
  changeCases(runner, withPresence, adapter);
}
