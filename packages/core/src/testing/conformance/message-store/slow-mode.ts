import type { Append } from "../../../ports/append.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  AT,
  appendEvent,
  changeMembers,
  changeSettings,
  conversation,
  deletion,
  EVERYBODY,
  edit,
  message,
  outcomeOf,
  wordOf,
} from "./entries.ts";
import { logOf } from "./readings.ts";

const SLOW_MS = 1_000;

/** The time that a member waits between two messages. */
export function slowModeCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const withSlow = (run: Parameters<WithStore>[0]) =>
    withStore(async (store, underTest) => {
      await store.create(
        conversation("c1", {
          members: [
            ["alice", "owner"],
            ["adam", "admin"],
            ["bob", "member"],
            ["carol", "member"],
            ["rita", "reader"],
          ],
        }),
      );
      await changeSettings(store, "c1", "alice", { slow: SLOW_MS });
      await run(store, underTest);
    });
  const at = (ms: number, user = "bob", differing: Partial<Append> = {}) =>
    message("c1", user, `at ${ms}`, { at: AT + ms, ...differing });

  describe("slow mode", () => {
    it(
      "refuses a member's message before its time with the wait, and takes it then",
      withSlow(async (store) => {
        await appendEvent(store, at(0));
        const early = at(300);
        expect(await store.append([early])).toEqual([
          { kind: "refused", code: "too_soon", retryAfterMs: SLOW_MS - 300 },
        ]);
        expect(await store.append([{ ...early, at: AT + SLOW_MS - 1 }])).toEqual([
          { kind: "refused", code: "too_soon", retryAfterMs: 1 },
        ]);
        expect(await outcomeOf(store, { ...early, at: AT + SLOW_MS })).toBe("event");
        // From the last one on, and not from the first.
        expect(await outcomeOf(store, at(2 * SLOW_MS - 1))).toBe("too_soon");
        expect(await outcomeOf(store, at(2 * SLOW_MS))).toBe("event");
      }),
    );

    it(
      "waits no longer than slow, though the clock was put back",
      withSlow(async (store) => {
        await appendEvent(store, at(3_600_000));
        expect(await store.append([at(0)])).toEqual([{ kind: "refused", code: "too_soon", retryAfterMs: SLOW_MS }]);
      }),
    );

    it(
      "holds within one batch, and a refusal does not lengthen it",
      withSlow(async (store) => {
        const results = await store.append([at(0), at(1), at(500), at(SLOW_MS), at(SLOW_MS, "carol")]);
        expect(results.map(wordOf)).toEqual(["event", "too_soon", "too_soon", "event", "event"]);
        expect((await logOf(store, "c1")).rows.slice(2).map(({ from }) => from)).toEqual(["bob", "bob", "carol"]);
      }),
    );

    it(
      "is for messages of those who are members by role, each by themselves",
      withSlow(async (store) => {
        await store.append([at(0), at(0, "alice"), at(0, "adam"), at(0, "rita", { by: EVERYBODY })]);
        const others = [at(1, "alice"), at(1, "adam"), at(1, "rita", { by: EVERYBODY }), at(1, "carol")];
        expect((await store.append(others)).map(wordOf)).toEqual(["event", "event", "event", "event"]);
        const other = [edit("c1", "bob", 3, "edited"), at(1, "bob", { type: "x-ping" }), deletion("c1", "bob", 3)];
        expect((await store.append(other)).map(wordOf)).toEqual(["event", "event", "event"]);
        // What was no message has started no wait, and the deletion has ended none.
        expect(await outcomeOf(store, at(SLOW_MS - 1))).toBe("too_soon");
        expect(await outcomeOf(store, at(SLOW_MS))).toBe("event");
        // The role of now: one who was an admin has written before, too.
        await changeMembers(store, "c1", "alice", [
          ["adam", "member"],
          ["bob", "admin"],
        ]);
        expect((await store.append([at(900, "adam"), at(SLOW_MS)])).map(wordOf)).toEqual(["too_soon", "event"]);
      }),
    );

    it(
      "remembers who leaves and comes back",
      withSlow(async (store) => {
        await appendEvent(store, at(0));
        await changeMembers(store, "c1", "alice", [["bob", null]]);
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        expect(await outcomeOf(store, at(500))).toBe("too_soon");
        expect(await outcomeOf(store, at(SLOW_MS))).toBe("event");
      }),
    );

    it(
      "counts from when it is set, by messages of before too, until it is lifted; elsewhere there is none",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        await store.create(conversation("c2"));
        // No wait is none, whatever the clock does.
        expect((await store.append([at(5), at(0), at(1)])).map(wordOf)).toEqual(["event", "event", "event"]);
        await changeSettings(store, "c1", "alice", { slow: SLOW_MS });
        expect(await outcomeOf(store, at(500))).toBe("too_soon");
        expect((await store.append([at(500), at(501)].map((each) => ({ ...each, conversation: "c2" })))).length).toBe(
          2,
        );
        expect(await outcomeOf(store, message("c2", "bob", "", { at: AT + 502 }))).toBe("event");
        await changeSettings(store, "c1", "alice", { slow: 0 });
        expect(await outcomeOf(store, at(500))).toBe("event");
      }),
    );

    it(
      "I4: answers a repeat by its key",
      withSlow(async (store) => {
        const sent = at(0);
        await appendEvent(store, sent);
        expect(await outcomeOf(store, { ...sent, at: AT + 1 })).toBe("duplicate");
      }),
    );
  });
}
