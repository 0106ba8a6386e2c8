import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";

const LONG_MS = 60_000;
const SHORT_MS = 50;
/** By then a short one is over. */
const PAST_MS = 200;

/** Names that one node holds at a time. */
export function leaseCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("leases", () => {
    it(
      "are the first node's, and no other's while it lasts",
      withStore(async (store) => {
        expect(await store.lease("digest", "n1", LONG_MS)).toBe(true);
        expect(await store.lease("digest", "n2", LONG_MS)).toBe(false);
        expect(await store.lease("digest", "n1", LONG_MS)).toBe(true);
        expect(await store.lease("digest", "n2", SHORT_MS)).toBe(false);
      }),
    );

    it(
      "of different names have nothing to do with each other",
      withStore(async (store) => {
        expect(await store.lease("one", "n1", LONG_MS)).toBe(true);
        expect(await store.lease("two", "n2", LONG_MS)).toBe(true);
        expect(await store.lease("two", "n1", LONG_MS)).toBe(false);
        expect(await store.lease("one", "n1", 0)).toBe(false);
        expect(await store.lease("two", "n1", LONG_MS)).toBe(false);
      }),
    );

    it(
      "that run out are for whoever comes first, the old holder too",
      withStore(async (store, { pass }) => {
        expect(await store.lease("taken", "n1", SHORT_MS)).toBe(true);
        expect(await store.lease("left", "n1", SHORT_MS)).toBe(true);
        await pass(PAST_MS);
        expect(await store.lease("taken", "n2", LONG_MS)).toBe(true);
        expect(await store.lease("taken", "n1", LONG_MS)).toBe(false);
        expect(await store.lease("left", "n1", LONG_MS)).toBe(true);
        expect(await store.lease("left", "n2", LONG_MS)).toBe(false);
      }),
    );

    it(
      "last from their renewal, for as long as that says, be it longer or shorter",
      withStore(async (store, { pass }) => {
        await store.lease("longer", "n1", SHORT_MS);
        await store.lease("longer", "n1", LONG_MS);
        await store.lease("shorter", "n1", LONG_MS);
        await store.lease("shorter", "n1", SHORT_MS);
        await store.lease("refused", "n1", SHORT_MS);
        // Who is refused renews nothing for the holder.
        await store.lease("refused", "n2", LONG_MS);
        await pass(PAST_MS);
        expect(await store.lease("longer", "n2", LONG_MS)).toBe(false);
        expect(await store.lease("shorter", "n2", LONG_MS)).toBe(true);
        expect(await store.lease("refused", "n3", LONG_MS)).toBe(true);
      }),
    );

    it(
      "are given up by their holder alone, and are not held then",
      withStore(async (store) => {
        expect(await store.lease("digest", "n1", 0)).toBe(false);
        expect(await store.lease("digest", "n1", LONG_MS)).toBe(true);
        expect(await store.lease("digest", "n2", 0)).toBe(false);
        expect(await store.lease("digest", "n3", LONG_MS)).toBe(false);
        expect(await store.lease("digest", "n1", 0)).toBe(false);
        expect(await store.lease("digest", "n2", LONG_MS)).toBe(true);
        expect(await store.lease("digest", "n1", 0)).toBe(false);
        expect(await store.lease("digest", "n3", LONG_MS)).toBe(false);
      }),
    );

    it(
      "asked for by many nodes at once are one's",
      withStore(async (store, { pass }) => {
        const nodes = Array.from({ length: 20 }, (_, n) => `n${n}`);
        const claim = async (ms: number) => {
          const held = await Promise.all(nodes.map((node) => store.lease("digest", node, ms)));
          return held.filter(Boolean).length;
        };
        expect(await claim(SHORT_MS)).toBe(1);
        await pass(PAST_MS);
        expect(await claim(LONG_MS)).toBe(1);
      }),
    );
  });
}
