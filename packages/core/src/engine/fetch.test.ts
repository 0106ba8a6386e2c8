import { isVoidRow, LIMITS } from "@earshot/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { changeMembers, conversation, edit, message, reaction } from "../testing/conformance/message-store/entries.ts";
import { type FetchRequest, fetchPage } from "./fetch.ts";

let store: MessageStore;

const fetch = (request: Partial<FetchRequest>, user = "alice") =>
  fetchPage({ store, seen: () => {} }, { user, claims: null, origin: null }, { c: "c1", ...request });

const seqsOf = async (request: Partial<FetchRequest>, user?: string) => {
  const { from, to, more, head, events } = await fetch(request, user);
  return { from, to, more, head, seqs: events.map((row) => (isVoidRow(row) ? `void ${row.seq}-${row.to}` : row.seq)) };
};

/** c1: 1 the creation, 2–250 messages, 251 zoe joins, 252–260 messages. */
beforeAll(async () => {
  store = memoryStore();
  await store.open();
  await store.create(conversation("c1"));
  const say = (count: number) =>
    store.append(Array.from({ length: count }, (_, index) => message("c1", "alice", `${index}`)));
  await say(249);
  await changeMembers(store, "c1", "alice", [["zoe", "member"]]);
  await say(9);
});

describe("fetchPage", () => {
  it("gives the log above a seq, oldest first, 200 rows unless less is asked for", async () => {
    expect(await seqsOf({ after: 0, limit: 3 })).toEqual({ from: 1, to: 3, more: true, head: 260, seqs: [1, 2, 3] });
    const page = await fetch({ after: 0 });
    expect([page.events.length, page.from, page.to, page.more]).toEqual([LIMITS.pageRowsMax, 1, 200, true]);
    expect((await fetch({ after: 0, limit: 100_000 })).events).toHaveLength(LIMITS.pageRowsMax);
    expect(await seqsOf({ after: 258 })).toEqual({ from: 259, to: 260, more: false, head: 260, seqs: [259, 260] });
  });

  it("gives an empty page at the head", async () => {
    expect(await seqsOf({ after: 260 })).toEqual({ from: 261, to: 260, more: false, head: 260, seqs: [] });
  });

  it("gives the newest, and what is before a seq, oldest first", async () => {
    expect(await seqsOf({ limit: 3 })).toEqual({ from: 258, to: 260, more: true, head: 260, seqs: [258, 259, 260] });
    expect(await seqsOf({ before: 258, limit: 3 })).toEqual({
      from: 255,
      to: 257,
      more: true,
      head: 260,
      seqs: [255, 256, 257],
    });
    expect(await seqsOf({ before: 3 })).toEqual({ from: 1, to: 2, more: false, head: 260, seqs: [1, 2] });
    expect(await seqsOf({ before: 1 })).toEqual({ from: 1, to: 0, more: false, head: 260, seqs: [] });
    expect(await seqsOf({ before: 9_999, limit: 1 })).toMatchObject({ seqs: [260] });
  });

  it("I17: gives nobody what was before their join: one void stands for it", async () => {
    expect(await seqsOf({ after: 0, limit: 3 }, "zoe")).toEqual({
      from: 1,
      to: 252,
      more: true,
      head: 260,
      seqs: ["void 1-250", 251, 252],
    });
    expect(await seqsOf({ before: 253 }, "zoe")).toEqual({
      from: 1,
      to: 252,
      more: false,
      head: 260,
      seqs: ["void 1-250", 251, 252],
    });
  });

  it("ends a page at 256 KiB", async () => {
    const large = memoryStore();
    await large.open();
    await large.create(conversation("c1"));
    await large.append(
      Array.from({ length: 20 }, (_, index) => message("c1", "alice", `${index}${"x".repeat(30_000)}`)),
    );
    const alice = { user: "alice", claims: null, origin: null };
    for (const where of [{ after: 0 }, { around: 10 }, {}]) {
      const page = await fetchPage({ store: large, seen: () => {} }, alice, { c: "c1", ...where });
      expect(JSON.stringify(page.events).length).toBeLessThanOrEqual(LIMITS.pageBytesMax);
      expect(page.events.length).toBeGreaterThan(5);
      const [first, last] = [page.events[0]?.seq, page.events.at(-1)?.seq];
      expect(page).toMatchObject({ from: first, to: last, more: true });
    }
  });

  it.each([
    ["alice", "c9"],
    ["mallory", "c1"],
  ])("S14: says the same of none and of another's: %s in %s", async (user, c) => {
    await expect(fetch({ c, after: 0 }, user)).rejects.toMatchObject({
      code: "not_found",
      message: "unable to fetch; no such conversation",
    });
  });

  it("gives what is around a seq, and only replies where that is asked for", async () => {
    expect(await seqsOf({ around: 100, limit: 4 })).toMatchObject({ from: 98, to: 101, seqs: [98, 99, 100, 101] });
    expect(await seqsOf({ around: 9_999, limit: 2 })).toMatchObject({ to: 260, more: true, seqs: [259, 260] });
    expect(await seqsOf({ re: 5 })).toEqual({ from: 261, to: 260, more: false, head: 260, seqs: [] });
    const replies = await store.append([7, 8, 7].map((re) => message("c1", "alice", "reply", { re })));
    const seqs = replies.map((result) => (result.kind === "event" ? result.row.seq : 0));
    expect(await seqsOf({ re: 7 })).toMatchObject({ from: 1, seqs: [seqs[0], seqs[2]] });
    expect(await seqsOf({ re: 7, after: seqs[0] ?? 0 })).toMatchObject({ seqs: [seqs[2]], more: false });
  });

  it("gives the present state, or with `after` the log as it happened", async () => {
    const own = memoryStore();
    await own.open();
    await own.create(conversation("c1"));
    await own.append([
      message("c1", "alice", "first"),
      edit("c1", "alice", 2, "second"),
      reaction("c1", "bob", 2, "k"),
    ]);
    const of = async (request: Partial<FetchRequest>) =>
      (
        await fetchPage(
          { store: own, seen: () => {} },
          { user: "bob", claims: null, origin: null },
          { c: "c1", ...request },
        )
      ).events;
    expect(await of({})).toMatchObject([
      { type: "meta" },
      { seq: 2, body: { text: "second" }, edited: 3, reactions: [["k", 1, true]] },
    ]);
    expect(await of({ after: 1 })).toMatchObject([
      { seq: 2, body: { text: "first" } },
      { seq: 3, type: "edit", re: 2 },
      { seq: 4, type: "react", re: 2 },
    ]);
  });
});
