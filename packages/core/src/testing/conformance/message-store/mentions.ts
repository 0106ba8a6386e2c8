import type { Mentions } from "@earshot/protocol";
import type { MessageStore } from "../../../ports/message-store.ts";
import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { appendEvent, changeMembers, conversation, deletion, edit, message, reaction, say } from "./entries.ts";

/** How many unread messages name a user. */
export function mentionCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  const counts = async (store: MessageStore, ...users: readonly string[]) => {
    const rows = await Promise.all(users.map((user) => store.row(user, "c1")));
    return rows.map((row) => row?.mentions);
  };
  const name = async (store: MessageStore, user: string, mentions: Mentions) =>
    (await appendEvent(store, message("c1", user, "hey", { mentions }))).row.seq;
  const withThree = (run: Parameters<WithStore>[0]) =>
    withStore(async (store, underTest) => {
      await store.create(
        conversation("c1", {
          members: [
            ["alice", "owner"],
            ["bob", "member"],
            ["carol", "member"],
          ],
        }),
      );
      await run(store, underTest);
    });

  describe("mentions", () => {
    it(
      "count messages above read that name the user or all, each once, and none of their own",
      withThree(async (store) => {
        expect(await counts(store, "alice", "bob", "carol")).toEqual([0, 0, 0]);
        await name(store, "alice", ["bob"]);
        await name(store, "alice", ["bob", "carol", "bob", "mallory"]);
        await name(store, "alice", []);
        await say(store, "c1", "alice", "nobody");
        expect(await counts(store, "alice", "bob", "carol")).toEqual([0, 2, 1]);
        await name(store, "alice", "all");
        await name(store, "alice", ["alice"]);
        expect(await counts(store, "alice", "bob", "carol")).toEqual([0, 3, 2]);
        // One's own message raises read: what stood before it is read.
        await name(store, "bob", "all");
        await name(store, "bob", ["bob", "carol"]);
        expect(await counts(store, "alice", "bob", "carol")).toEqual([1, 0, 4]);
        expect((await store.inbox("carol", null, 10)).rows).toEqual([await store.row("carol", "c1")]);
      }),
    );

    it(
      "of one's own are none, though they stand above read",
      withThree(async (store) => {
        // Without a key it is no send: read stays.
        const { key: _, ...bare } = message("c1", "bob", "hey", { mentions: "all" });
        await appendEvent(store, bare);
        await appendEvent(store, { ...bare, mentions: ["bob", "carol"] });
        expect(await counts(store, "alice", "bob", "carol")).toEqual([1, 0, 2]);
        expect((await store.row("bob", "c1"))?.unread).toBe(2);
      }),
    );

    it(
      "fall as read rises, one by one",
      withThree(async (store) => {
        const seqs = [await name(store, "alice", ["bob"])];
        await say(store, "c1", "alice", "nobody");
        seqs.push(await name(store, "alice", "all"), await name(store, "alice", ["bob", "carol"]));
        for (const [n, seq] of seqs.entries()) {
          await store.raise([{ user: "bob", conversation: "c1", delivered: seq, read: seq - 1 }]);
          expect(await counts(store, "bob", "carol"), `below ${seq}`).toEqual([3 - n, 2]);
          await store.raise([{ user: "bob", conversation: "c1", read: seq }]);
          expect(await counts(store, "bob", "carol"), `at ${seq}`).toEqual([2 - n, 2]);
        }
      }),
    );

    it(
      "of a deleted message are none, also in the batch of the message",
      withThree(async (store) => {
        const one = await name(store, "alice", ["bob", "carol"]);
        const two = await name(store, "alice", "all");
        const three = await name(store, "alice", ["bob"]);
        await appendEvent(store, deletion("c1", "alice", one));
        expect(await counts(store, "bob", "carol")).toEqual([2, 1]);
        await store.append([deletion("c1", "alice", two), deletion("c1", "alice", two)]);
        expect(await counts(store, "bob", "carol")).toEqual([1, 0]);
        await store.append([
          message("c1", "alice", "hey", { mentions: ["bob", "carol"] }),
          message("c1", "alice", "hey", { mentions: "all" }),
          deletion("c1", "alice", three + 4),
          deletion("c1", "alice", three + 5),
        ]);
        expect(await counts(store, "bob", "carol")).toEqual([1, 0]);
        await appendEvent(store, deletion("c1", "alice", three));
        expect(await counts(store, "bob", "carol")).toEqual([0, 0]);
      }),
    );

    it(
      "are of messages: other events that carry them count nothing, and an edit changes none",
      withThree(async (store) => {
        const seq = await name(store, "alice", ["bob"]);
        await store.append([
          edit("c1", "alice", seq, "new", { mentions: ["carol"] }),
          edit("c1", "alice", seq, "new", { mentions: "all" }),
          message("c1", "alice", "", { type: "x-ping", mentions: "all" }),
          message("c1", "alice", "", { type: "x-ping", mentions: ["carol"] }),
          reaction("c1", "alice", seq, "👍"),
        ]);
        expect(await counts(store, "bob", "carol")).toEqual([1, 0]);
      }),
    );

    it(
      "begin anew with a stay, and are none of those of before",
      withThree(async (store) => {
        await name(store, "alice", ["bob", "dave"]);
        await name(store, "alice", "all");
        await changeMembers(store, "c1", "alice", [
          ["bob", null],
          ["dave", "member"],
        ]);
        expect(await counts(store, "dave")).toEqual([0]);
        await name(store, "alice", ["bob", "dave"]);
        await name(store, "alice", "all");
        await changeMembers(store, "c1", "alice", [["bob", "member"]]);
        expect(await counts(store, "bob", "dave")).toEqual([0, 2]);
        await name(store, "alice", ["bob"]);
        expect(await counts(store, "bob", "dave")).toEqual([1, 2]);
      }),
    );

    it(
      "are counted in conversations each by themselves, for odd names too",
      withThree(async (store) => {
        await store.create(
          conversation("c2", {
            members: [
              ["alice", "owner"],
              ["constructor", "member"],
              ["all", "member"],
              ["bob", "member"],
            ],
          }),
        );
        await appendEvent(store, message("c2", "alice", "hey", { mentions: ["constructor"] }));
        await appendEvent(store, message("c2", "alice", "hey", { mentions: ["all"] }));
        const of = async (user: string) => (await store.row(user, "c2"))?.mentions;
        expect([await of("constructor"), await of("all"), await of("bob")]).toEqual([1, 1, 0]);
        expect(await counts(store, "bob")).toEqual([0]);
      }),
    );
  });
}
