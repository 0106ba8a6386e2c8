import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";

/** Texts that followers keep in the store. */
export function positionCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("positions", () => {
    it(
      "are null at first, and then what they were moved to, each by its name",
      withStore(async (store) => {
        expect(await store.position("indexer")).toBe(null);
        expect(await store.position("indexer", { from: null, to: "a" })).toBe("a");
        expect(await store.position("indexer")).toBe("a");
        expect(await store.position("other")).toBe(null);
        expect(await store.position("indexer", { from: "a", to: "b" })).toBe("b");
        expect(await store.position("other", { from: null, to: "z" })).toBe("z");
        expect(await store.position("indexer")).toBe("b");
      }),
    );

    it(
      "move only from what they are: else they stay, and it is told what that is",
      withStore(async (store) => {
        for (const from of ["a", ""]) expect(await store.position("indexer", { from, to: "b" })).toBe(null);
        expect(await store.position("indexer")).toBe(null);
        await store.position("indexer", { from: null, to: "a" });
        expect(await store.position("indexer", { from: null, to: "b" })).toBe("a");
        expect(await store.position("indexer", { from: "b", to: "c" })).toBe("a");
        expect(await store.position("indexer", { from: "", to: "c" })).toBe("a");
        expect(await store.position("indexer")).toBe("a");
        expect(await store.position("indexer", { from: "a", to: "a" })).toBe("a");
        await store.position("indexer", { from: "a", to: "" });
        expect(await store.position("indexer", { from: null, to: "b" })).toBe("");
      }),
    );

    it(
      "are any text, as it was given",
      withStore(async (store) => {
        let from: string | null = null;
        for (const to of ["", "0", "null", "ä 👍 ' \" \\ \n", "x".repeat(10_000), " a ", "01"]) {
          expect(await store.position("constructor", { from, to })).toBe(to);
          expect(await store.position("constructor")).toBe(to);
          from = to;
        }
      }),
    );

    it(
      "moved by many at once go one way, which all of them are told",
      withStore(async (store) => {
        let from: string | null = null;
        for (const round of ["a", "b", "c"]) {
          const start: string | null = from;
          const moves = Array.from({ length: 20 }, (_, n) =>
            store.position("indexer", { from: start, to: `${round}${n}` }),
          );
          const told = new Set(await Promise.all(moves));
          expect(told.size).toBe(1);
          from = await store.position("indexer");
          expect([...told]).toEqual([from]);
          expect(from?.startsWith(round)).toBe(true);
        }
      }),
    );
  });
}
