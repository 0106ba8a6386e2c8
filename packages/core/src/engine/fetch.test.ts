import { isVoidRow, LIMITS } from "@earshot/protocol";
import { beforeAll, describe, expect, it } from "vitest";
import type { Access, MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { type FetchRequest, fetchPage } from "./fetch.ts";

let store: MessageStore;

const access = async (user: string, c: string): Promise<Access | null> =>
  (await store.access([{ user, conversation: c }]))[0] ?? null;

const fetch = (request: Partial<FetchRequest>, user = "alice") =>
  fetchPage({ store, access }, { user, origin: null }, { c: "c1", ...request });

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
  const version = (await access("alice", "c1"))?.membersVersion ?? 0;
  const joins = {
    type: "member",
    members: [["zoe", "member"]],
    body: { members: [["zoe", "member"]] },
    ifMembersVersion: version,
  } as const;
  const { key: _, ...entry } = message("c1", "alice", "");
  await store.append([{ ...entry, ...joins }]);
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
    const [given] = await large.access([{ user: "alice", conversation: "c1" }]);
    const page = await fetchPage(
      { store: large, access: async () => given ?? null },
      { user: "alice", origin: null },
      { c: "c1", after: 0 },
    );
    expect(JSON.stringify(page.events).length).toBeLessThanOrEqual(LIMITS.pageBytesMax);
    expect(page.events.length).toBeGreaterThan(5);
    expect(page).toMatchObject({ from: 1, to: page.events.length, more: true });
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

  it.each([{ around: 5 }, { after: 0, re: 2 }])("refuses what it does not page by: %j", async (request) => {
    await expect(fetch(request)).rejects.toMatchObject({ code: "invalid" });
  });
});
