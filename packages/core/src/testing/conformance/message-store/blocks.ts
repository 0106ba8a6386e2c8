import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { changeSettings, conversation, direct, edit, message, outcomeOf, reaction, say } from "./entries.ts";
import { logOf } from "./readings.ts";

/** Who wants nothing of whom. */
export function blockCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("blocks", () => {
    it(
      "end what either sends to their direct, from when they resolve until both are lifted",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        const [seq = 0] = await say(store, "d1", "alice", "one");
        const words = async () => [
          await outcomeOf(store, message("d1", "alice", "hi")),
          await outcomeOf(store, message("d1", "bob", "hi")),
          await outcomeOf(store, edit("d1", "alice", seq, "edited")),
          await outcomeOf(store, reaction("d1", "bob", seq, "👍")),
          await outcomeOf(store, message("d1", "bob", "", { type: "x-ping" })),
        ];
        const all = (word: string) => [word, word, word, word, word];
        expect(await words()).toEqual(all("event"));
        await store.block("bob", "alice", true);
        expect(await words()).toEqual(all("blocked"));
        await store.block("alice", "bob", true);
        await store.block("bob", "alice", false);
        expect(await words()).toEqual(all("blocked"));
        expect((await logOf(store, "d1")).head).toBe(7);
        await store.block("alice", "bob", false);
        expect(await words()).toEqual(all("event"));
      }),
    );

    it(
      "let the gateway's own entries pass, and other conversations be",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        await store.create(direct("d2", "alice", "carol"));
        await store.create(conversation("c1"));
        await store.block("alice", "bob", true);
        expect((await changeSettings(store, "d1", "alice", { title: "t" })).row.seq).toBe(2);
        for (const user of ["alice", "carol"]) {
          expect(await outcomeOf(store, message("d2", user, "hi")), user).toBe("event");
        }
        for (const user of ["alice", "bob"]) {
          expect(await outcomeOf(store, message("c1", user, "hi")), user).toBe("event");
        }
        // A group of two is no direct.
        await store.create(conversation("c2", { kind: "channel" }));
        expect(await outcomeOf(store, message("c2", "bob", "hi"))).toBe("event");
      }),
    );

    it(
      "hold for a direct that is created after them",
      withStore(async (store) => {
        await store.block("bob", "alice", true);
        await store.create(direct("d1", "alice", "bob"));
        expect(await outcomeOf(store, message("d1", "alice", "hi"))).toBe("blocked");
      }),
    );

    it(
      "I4: answer a repeat by its key, and a lookup",
      withStore(async (store) => {
        await store.create(direct("d1", "alice", "bob"));
        const sent = message("d1", "alice", "hi");
        expect(await outcomeOf(store, sent)).toBe("event");
        await store.block("bob", "alice", true);
        expect(await outcomeOf(store, sent)).toBe("duplicate");
        expect(await outcomeOf(store, message("d1", "alice", "new", { lookup: true }))).toBe("absent");
      }),
    );

    it(
      "are told of both sides, in the order asked",
      withStore(async (store) => {
        const others = ["bob", "carol", "dave", "constructor", "__proto__", "bob"];
        expect(await store.blocked("alice", others)).toEqual(others.map(() => false));
        await store.block("alice", "bob", true);
        await store.block("dave", "alice", true);
        await store.block("dave", "alice", true);
        await store.block("carol", "dave", true);
        expect(await store.blocked("alice", others)).toEqual([true, false, true, false, false, true]);
        expect(await store.blocked("bob", ["alice", "carol"])).toEqual([true, false]);
        expect(await store.blocked("dave", ["alice", "carol"])).toEqual([true, true]);
        expect(await store.blocked("alice", [])).toEqual([]);
        // One side's block is not the other's to lift.
        await store.block("bob", "alice", false);
        expect(await store.blocked("alice", ["bob"])).toEqual([true]);
        await store.block("alice", "bob", false);
        await store.block("dave", "alice", false);
        expect(await store.blocked("alice", others)).toEqual(others.map(() => false));
      }),
    );
  });
}
