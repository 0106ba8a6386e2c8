import type { EventRow, UserId } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { TallyRow } from "../../../ports/watermarks.ts";
import { SeededRandom } from "../../seeded-random.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import {
  AT,
  appendEvent,
  changeMembers,
  changeSettings,
  conversation,
  deletion,
  edit,
  message,
  reaction,
  say,
} from "./entries.ts";
import { logOf } from "./readings.ts";

const SEEDS = [1, 2, 3];
const STEPS = 40;
const USERS: readonly UserId[] = ["alice", "bob", "carol", "dave", "erin", "frank"];

/** How many have the newest messages. */
export function tallyCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  /** c1 of alice, bob, carol and dave, who have read nothing. */
  const withFour = (run: (store: MessageStore) => Promise<void>) =>
    withStore(async (store) => {
      const members = USERS.slice(0, 4).map((user, n) => [user, n === 0 ? "owner" : "member"] as const);
      await store.create(conversation("c1", { members }));
      await run(store);
    });

  describe("tally", () => {
    it(
      "is null for an unknown or removed conversation, and empty for one without messages",
      withFour(async (store) => {
        expect(await store.tally("c9", 20)).toBe(null);
        await changeSettings(store, "c1", "alice", { title: "t" });
        expect(await store.tally("c1", 20)).toEqual([]);
        await say(store, "c1", "alice", "one");
        await store.remove("c1", "alice", ["owner"]);
        expect(await store.tally("c1", 20)).toBe(null);
      }),
    );

    it(
      "counts for each of the newest messages who has it, and who has read it, but its author",
      withFour(async (store) => {
        // Sending is reading: what stands before it too.
        const [two = 0, three = 0] = await say(store, "c1", "alice", "two", "three");
        const [four = 0] = await say(store, "c1", "bob", "four");
        await store.raise([
          { user: "carol", conversation: "c1", delivered: four, read: two },
          { user: "dave", conversation: "c1", delivered: three },
        ]);
        const all: readonly TallyRow[] = [
          [two, 3, 2],
          [three, 3, 1],
          [four, 1, 0],
        ];
        expect(await store.tally("c1", 20)).toEqual(all);
        expect(await store.tally("c1", 3)).toEqual(all);
        expect(await store.tally("c1", 2)).toEqual(all.slice(1));
        expect(await store.tally("c1", 1)).toEqual(all.slice(2));
        await store.raise([{ user: "alice", conversation: "c1", read: four }]);
        expect(await store.tally("c1", 20)).toEqual([all[0], all[1], [four, 2, 1]]);
      }),
    );

    it(
      "is of the watermarks as they are: clamped to the head, and at the join of who came later",
      withFour(async (store) => {
        const [one = 0] = await say(store, "c1", "alice", "one");
        await store.raise([{ user: "bob", conversation: "c1", delivered: 1_000, read: 1_000 }]);
        const [two = 0] = await say(store, "c1", "alice", "two");
        expect(await store.tally("c1", 20)).toEqual([
          [one, 1, 1],
          [two, 0, 0],
        ]);
        await changeMembers(store, "c1", "alice", [["erin", "reader"]]);
        expect(await store.tally("c1", 20)).toEqual([
          [one, 2, 2],
          [two, 1, 1],
        ]);
      }),
    );

    it(
      "counts members alone: who has left is none, also as its author, nor is the host",
      withFour(async (store) => {
        const [one = 0] = await say(store, "c1", "bob", "one");
        const { row } = await appendEvent(store, message("c1", "host", "two", { system: true }));
        const read = { conversation: "c1", read: row.seq };
        await store.raise(["alice", "bob", "carol"].map((user) => ({ user, ...read })));
        expect(await store.tally("c1", 20)).toEqual([
          [one, 2, 2],
          [row.seq, 3, 3],
        ]);
        await changeMembers(store, "c1", "alice", [
          ["bob", null],
          ["carol", null],
        ]);
        expect(await store.tally("c1", 20)).toEqual([
          [one, 1, 1],
          [row.seq, 1, 1],
        ]);
        // Whose watermarks begin anew where they come back: above both.
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        expect(await store.tally("c1", 20)).toEqual([
          [one, 1, 1],
          [row.seq, 2, 2],
        ]);
      }),
    );

    it(
      "is of messages: deleted and erased ones too, no other event, and none that expired",
      withFour(async (store) => {
        const [one = 0, two = 0, three = 0] = await say(store, "c1", "alice", "one", "two", "three");
        await appendEvent(store, edit("c1", "alice", one, "one again"));
        await appendEvent(store, reaction("c1", "bob", three, "👍"));
        await appendEvent(store, deletion("c1", "alice", two));
        await appendEvent(store, message("c1", "carol", "", { type: "x-ping" }));
        await changeMembers(store, "c1", "alice", [["erin", "member"]]);
        await store.erase("alice", "c1");
        // bob and carol by their own events, erin by her join.
        const rows: readonly TallyRow[] = [one, two, three].map((seq) => [seq, 3, 3]);
        expect(await store.tally("c1", 20)).toEqual(rows);
        expect(await store.tally("c1", 2)).toEqual(rows.slice(1));
        await store.expire("c1", { messages: 2 }, 100);
        expect(await store.tally("c1", 20)).toEqual(rows.slice(1));
        await store.expire("c1", { before: AT + 1 }, 100);
        expect(await store.tally("c1", 20)).toEqual([]);
      }),
    );

    for (const seed of SEEDS) {
      it(
        `I14: by chance is what receipts say of each message (seed ${seed})`,
        withFour(async (store) => {
          const random = new SeededRandom(seed);
          for (let step = 0; step < STEPS; step++) {
            await randomStep(store, random);
            const { rows } = await logOf(store, "c1");
            const expected = await counted(
              store,
              rows.filter(({ type }) => type === "message"),
            );
            const limit = 1 + random.below(25);
            expect(await store.tally("c1", limit), `step ${step}, limit ${limit}`).toEqual(expected.slice(-limit));
          }
        }),
      );
    }
  });
}

async function randomStep(store: MessageStore, random: SeededRandom): Promise<void> {
  const user = USERS[random.below(USERS.length)] ?? "alice";
  const choice = random.float();
  if (choice < 0.4) {
    const texts = Array.from({ length: 1 + random.below(3) }, (_, n) => `${n}`);
    await store.append(texts.map((text) => message("c1", user, text)));
  } else if (choice < 0.85) {
    const { head } = await logOf(store, "c1");
    const mark = () => random.below(head + 2);
    await store.raise([
      { user, conversation: "c1", delivered: mark(), ...(random.float() < 0.5 ? { read: mark() } : {}) },
    ]);
  } else if (user !== "alice") {
    await changeMembers(store, "c1", "alice", [[user, random.float() < 0.4 ? null : "member"]]);
  }
}

/** The same, from everybody's watermarks. */
async function counted(store: MessageStore, messages: readonly EventRow[]): Promise<readonly TallyRow[]> {
  const users = (await store.receipts("c1", 1, null, 100))?.users ?? [];
  return messages.map(({ seq, from }) => {
    const others = users.filter(([user]) => user !== from);
    return [
      seq,
      others.filter(([, delivered]) => delivered >= seq).length,
      others.filter(([, , read]) => read >= seq).length,
    ];
  });
}
