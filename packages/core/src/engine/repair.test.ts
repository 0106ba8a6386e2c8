import { type GatewayFrame, type HaveEntry, isVoidRow, LIMITS } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SharedPages } from "../bus/shared-pages.ts";
import { encode, encodeEvents, encodePage } from "../codec/encode.ts";
import type { Append } from "../ports/append.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Access, RangeQuery } from "../ports/pages.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type RepairSurroundings, repair, repairPlan } from "./repair.ts";

const accessOf = (head: number, epoch = "e1"): Access =>
  ({ epoch, head, spans: [[1, null]], role: "member", mode: "push", ord: head, members: 2 }) as unknown as Access;

const told = (plan: ReturnType<typeof repairPlan>) =>
  plan.map((step) => (step.kind === "page" ? `${step.c} page ${step.after} ${step.rows}` : `${step.c} ${step.kind}`));

describe("repairPlan", () => {
  const cases: readonly {
    readonly have: HaveEntry;
    readonly access: Access | null;
    readonly plan: readonly string[];
  }[] = [
    { have: ["c1", "e1", 3], access: accessOf(9), plan: ["c1 page 3 6"] },
    { have: ["c1", "e1", 0], access: accessOf(9), plan: ["c1 page 0 9"] },
    { have: ["c1", "e1", 9], access: accessOf(9), plan: [] },
    { have: ["c1", "e1", 10], access: accessOf(9), plan: ["c1 reset"] },
    { have: ["c1", "e0", 3], access: accessOf(9), plan: ["c1 reset"] },
    { have: ["c1", "e0", 9], access: accessOf(9), plan: ["c1 reset"] },
    { have: ["c1", "e1", 3], access: null, plan: ["c1 gone"] },
    { have: ["c1", "e1", 0], access: accessOf(5_000), plan: [`c1 page 0 ${LIMITS.pageRowsMax}`] },
  ];
  it.each(cases)("I16: $have against head $access.head of $access.epoch: $plan", ({ have, access, plan }) => {
    expect(told(repairPlan([have], [access], 1_000))).toEqual(plan);
  });

  it("goes on in the order given, until the budget is spent; then names the rest", () => {
    const have: HaveEntry[] = [
      ["c1", "e1", 0],
      ["c2", "e1", 9],
      ["c3", "e1", 0],
      ["c4", "e1", 0],
      ["c5", "e1", 0],
    ];
    const plan = repairPlan(have, [accessOf(8), accessOf(9), accessOf(8), accessOf(8), null], 10);
    expect(told(plan)).toEqual(["c1 page 0 8", "c3 page 0 2", "c4 lagging", "c5 gone"]);
  });

  it("I16: answers every cursor that is not level exactly once, within the budget", () => {
    const entry = fc.record({
      seq: fc.nat(20),
      epoch: fc.constantFrom("e1", "e2"),
      head: fc.option(fc.nat(20), { nil: null }),
    });
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 30 }), fc.integer({ min: 1, max: 60 }), (entries, budget) => {
        const have = entries.map(({ seq, epoch }, index): HaveEntry => [`c${index}`, epoch, seq]);
        const access = entries.map(({ head }) => (head === null ? null : accessOf(head)));
        const plan = repairPlan(have, access, budget);
        const due = entries.flatMap(({ seq, epoch, head }, index) =>
          head === seq && epoch === "e1" ? [] : [`c${index}`],
        );
        expect(plan.map(({ c }) => c)).toEqual(due);
        const rows = plan.reduce((sum, step) => sum + (step.kind === "page" ? step.rows : 0), 0);
        expect(rows).toBeLessThanOrEqual(budget);
        for (const step of plan) {
          if (step.kind !== "page") continue;
          expect(step.rows).toBeGreaterThan(0);
          expect(step.after + step.rows).toBeLessThanOrEqual(step.access.head);
        }
      }),
    );
  });
});

// ---- the pages themselves

async function houseOf(limits: Partial<RepairSurroundings["limits"]> = {}) {
  const store = memoryStore();
  await store.open();
  const ranges: string[] = [];
  const ring = new Map<string, readonly { readonly rowText: string }[]>();
  const frames: GatewayFrame[] = [];
  const pages = new SharedPages(new ManualClock(), { sharedPagesBytesMax: 1_048_576 });
  const session = {
    user: "bob",
    live: true,
    tell: ({ texts }: { readonly texts: readonly string[] }) =>
      frames.push(...texts.map((text) => JSON.parse(text) as GatewayFrame)),
    drained: async () => {},
  };
  const house: RepairSurroundings = {
    store: {
      range: (query) => {
        ranges.push(query.conversation);
        return store.range(query);
      },
    },
    limits: { repairEventsMax: 1_000, repairBytesMax: 1_048_576, ...limits },
    recent: (c) => ring.get(c) ?? null,
    sharedPage: (place, read) => pages.of(place, read),
    encode,
    encodePage,
  };
  const repairOf = async (of: typeof session, have: readonly HaveEntry[], by = house) =>
    repair(by, of, have, await store.access(have.map(([c]) => ({ user: of.user, conversation: c }))));
  return {
    store,
    house,
    session,
    frames,
    ranges,
    ring,
    repairOf,
    repair: (have: readonly HaveEntry[]) => repairOf(session, have),
  };
}

/** A conversation of alice and bob with `messages` messages in it; its epoch. */
async function fill(store: MessageStore, c: string, messages: number, text = "hi"): Promise<string> {
  const made = conversation(c);
  await store.create(made);
  if (messages > 0) await store.append(Array.from({ length: messages }, () => message(c, "alice", text)));
  return made.epoch;
}

describe("repair", () => {
  it("I16: sends one page for each conversation that is behind, exactly what is above its cursor", async () => {
    const { store, repair, frames } = await houseOf();
    const [e1, e2] = [await fill(store, "c1", 4), await fill(store, "c2", 2)];
    await repair([
      ["c1", e1, 3],
      ["c2", e2, 3],
      ["none", "e9", 1],
      ["c2", "old", 1],
    ]);
    expect(frames).toEqual([
      { t: "events", c: "none", gone: true },
      { t: "events", c: "c2", epoch: e2, head: 3, events: [], reset: true },
      {
        t: "events",
        c: "c1",
        epoch: e1,
        head: 5,
        from: 4,
        to: 5,
        events: [expect.objectContaining({ seq: 4 }), expect.objectContaining({ seq: 5 })],
        more: false,
      },
    ]);
  });

  it("takes bodies from memory where all of them are there, and gives the very same page", async () => {
    const { store, repair, frames, ranges, ring } = await houseOf();
    const e1 = await fill(store, "c1", 4);
    await repair([["c1", e1, 2]]);
    const page = await store.range({ conversation: "c1", view: "log", after: 2, from: "oldest", rows: 10, bytes: 1e6 });
    ring.set("c1", encodeEvents("c1", e1, page?.rows ?? []).events);
    await repair([["c1", e1, 2]]);
    expect(ranges).toEqual(["c1"]);
    expect(frames[1]).toEqual(frames[0]);
  });

  it("I16: reads a page from the store once for all who come with the same cursor, and gives each the very same", async () => {
    const { store, session, frames, ranges, repairOf } = await houseOf();
    const e1 = await fill(store, "c1", 4);
    await Promise.all(["alice", "bob"].map((user) => repairOf({ ...session, user }, [["c1", e1, 2]])));
    await repairOf(session, [["c1", e1, 2]]);
    expect(ranges).toEqual(["c1"]);
    expect(frames).toHaveLength(3);
    expect(frames.every((frame) => JSON.stringify(frame) === JSON.stringify(frames[0]))).toBe(true);
    // With another cursor, or another head, it is another page.
    await repairOf(session, [["c1", e1, 3]]);
    await store.append([message("c1", "alice", "newer")]);
    await repairOf(session, [["c1", e1, 2]]);
    expect(ranges).toHaveLength(3);
    expect(frames.slice(3)).toMatchObject([
      { from: 4, to: 5 },
      { from: 3, to: 6, more: false },
    ]);
  });

  it("S14, I17: gives who joined later no page that others share", async () => {
    const { store, session, frames, repairOf } = await houseOf();
    const e1 = await fill(store, "c1", 2, "secret");
    const version = (await store.access([{ user: "alice", conversation: "c1" }]))[0]?.membersVersion ?? 0;
    const members = [["zoe", "member"]] as const;
    const { key: _, ...entry } = message("c1", "alice", "");
    await store.append([{ ...entry, type: "member", members, body: { members }, ifMembersVersion: version }]);
    await repairOf(session, [["c1", e1, 1]]);
    expect(JSON.stringify(frames)).toContain("secret");
    frames.length = 0;
    await repairOf({ ...session, user: "zoe" }, [["c1", e1, 1]]);
    expect(JSON.stringify(frames)).not.toContain("secret");
    expect(frames).toMatchObject([{ from: 2, to: 4, events: [{ type: "void", seq: 2, to: 3 }, { seq: 4 }] }]);
  });

  it("S14, I17: never takes from memory what a part of was before the reader's join", async () => {
    const { store, session, frames, ring, repairOf } = await houseOf();
    const e1 = await fill(store, "c1", 2);
    const version = (await store.access([{ user: "alice", conversation: "c1" }]))[0]?.membersVersion ?? 0;
    const members = [["zoe", "member"]] as const;
    const { key: _, ...entry } = message("c1", "alice", "");
    const joins: Append = { ...entry, type: "member", members, body: { members }, ifMembersVersion: version };
    await store.append([joins]);
    ring.set("c1", [{ rowText: '{"seq":2,"secret":true}' }, { rowText: '{"seq":3}' }, { rowText: '{"seq":4}' }]);
    await repairOf({ ...session, user: "zoe" }, [["c1", e1, 1]]);
    expect(JSON.stringify(frames)).not.toContain("secret");
    expect(frames).toMatchObject([{ from: 2, to: 4, events: [{ type: "void", seq: 2, to: 3 }, { seq: 4 }] }]);
  });

  it("names at once what the budget of events does not reach, and says more where a page is cut", async () => {
    const { store, repair, frames } = await houseOf({ repairEventsMax: 5 });
    const [e1, e2, e3] = [await fill(store, "c1", 3), await fill(store, "c2", 3), await fill(store, "c3", 3)];
    await repair([
      ["c1", e1, 0],
      ["c2", e2, 0],
      ["c3", e3, 0],
    ]);
    expect(frames).toMatchObject([
      { t: "lagging", c: ["c3"] },
      { t: "events", c: "c1", to: 4, more: false },
      { t: "events", c: "c2", to: 1, more: true },
    ]);
  });

  it("names what the budget of bytes does not reach", async () => {
    const { store, repair, frames } = await houseOf({ repairBytesMax: 3_000 });
    const long = "x".repeat(1_000);
    const [e1, e2, e3] = [
      await fill(store, "c1", 2, long),
      await fill(store, "c2", 2, long),
      await fill(store, "c3", 2, long),
    ];
    await repair([
      ["c1", e1, 1],
      ["c2", e2, 1],
      ["c3", e3, 1],
    ]);
    expect(frames.map((frame) => frame.t)).toEqual(["events", "events", "lagging"]);
    expect(frames[1]).toMatchObject({ c: "c2", more: true });
    expect(frames[2]).toEqual({ t: "lagging", c: ["c3"] });
  });

  it("gives one row at least, however little of the budget is left, from memory as from the store", async () => {
    for (const fromMemory of [false, true]) {
      const { store, repair, frames, ring } = await houseOf({ repairBytesMax: 10 });
      const e1 = await fill(store, "c1", 3);
      const page = await store.range({
        conversation: "c1",
        view: "log",
        after: 1,
        from: "oldest",
        rows: 10,
        bytes: 1e6,
      });
      if (fromMemory) ring.set("c1", encodeEvents("c1", e1, page?.rows ?? []).events);
      await repair([["c1", e1, 1]]);
      expect(frames).toMatchObject([{ c: "c1", from: 2, to: 2, more: true, events: [{ seq: 2 }] }]);
    }
  });

  it("sends the next page only when the socket has room, and none to who has gone", async () => {
    const { store, session, frames, repairOf } = await houseOf();
    const [e1, e2] = [await fill(store, "c1", 1), await fill(store, "c2", 1)];
    const waits: (() => void)[] = [];
    const slow = { ...session, drained: () => new Promise<void>((resolve) => waits.push(resolve)) };
    const done = repairOf(slow, [
      ["c1", e1, 0],
      ["c2", e2, 0],
    ]);
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    await turn();
    expect(frames).toHaveLength(0);
    waits.shift()?.();
    await turn();
    expect(frames).toHaveLength(1);
    slow.live = false;
    waits.shift()?.();
    await done;
    expect(frames).toHaveLength(1);
  });

  it("leaves out a conversation whose log became another meanwhile", async () => {
    const { store, house, session, frames, repairOf } = await houseOf();
    const e1 = await fill(store, "c1", 1);
    const gone: RepairSurroundings = { ...house, store: { range: async () => null } };
    await repairOf(session, [["c1", e1, 0]], gone);
    const another = async (query: RangeQuery) => {
      const page = await store.range(query);
      return page === null ? null : { ...page, epoch: "another" };
    };
    await repairOf(session, [["c1", e1, 0]], { ...house, store: { range: another } });
    expect(frames).toEqual([]);
  });

  it("rejects as the store does", async () => {
    const { store, house, session, repairOf } = await houseOf();
    const e1 = await fill(store, "c1", 1);
    const failing: RepairSurroundings = { ...house, store: { range: () => Promise.reject(new Error("down")) } };
    await expect(repairOf(session, [["c1", e1, 0]], failing)).rejects.toThrow("down");
  });

  it("covers a page by rows and voids whatever its source", async () => {
    const { store, repair, frames } = await houseOf();
    const e1 = await fill(store, "c1", 30);
    await repair([["c1", e1, 7]]);
    const [page] = frames;
    if (page?.t !== "events" || !("events" in page) || !("from" in page)) throw new Error("no page");
    const seqs = page.events.map((row) => (isVoidRow(row) ? -1 : row.seq));
    expect(seqs).toEqual(Array.from({ length: 24 }, (_, index) => 8 + index));
    expect([page.from, page.to]).toEqual([8, 31]);
  });
});
