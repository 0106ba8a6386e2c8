import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { type RecentEvent, RecentEvents } from "./recent-events.ts";

const LIMITS = { recentBytesMax: 100_000, recentEventsPerConversationMax: 4, sharedPagesBytesMax: 10_000 };

const eventsOf = (from: number, to: number, text = "x"): RecentEvent[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => ({
    row: { seq: from + index, type: "message" },
    rowText: text,
  }));

const ringsOf = (limits = LIMITS) =>
  new RecentEvents<RecentEvent>(new ManualClock(), limits, (_c, _epoch, { row }) => ({ row, rowText: "gone" }));

const seqs = (events: readonly { readonly row: { readonly seq: number } }[] | null) =>
  events?.map(({ row }) => row.seq) ?? null;

describe("RecentEvents", () => {
  it("gives what is above a cursor up to the head, if every one of them is there", () => {
    const recent = ringsOf();
    recent.add("c1", "e1", eventsOf(5, 7));
    recent.add("c1", "e1", eventsOf(8, 8));
    expect(seqs(recent.above("c1", "e1", 5, 8))).toEqual([6, 7, 8]);
    expect(seqs(recent.above("c1", "e1", 4, 6))).toEqual([5, 6]);
    expect(seqs(recent.above("c1", "e1", 8, 8))).toEqual([]);
    // Not all of them: the store is asked.
    expect(recent.above("c1", "e1", 3, 8)).toBe(null);
    expect(recent.above("c1", "e1", 5, 9)).toBe(null);
    expect(recent.above("c2", "e1", 5, 8)).toBe(null);
  });

  it("starts anew with a hole or another epoch, and gives nothing of the old one", () => {
    const recent = ringsOf();
    recent.add("c1", "e1", eventsOf(1, 3));
    recent.add("c1", "e1", eventsOf(5, 6));
    expect(recent.above("c1", "e1", 2, 6)).toBe(null);
    expect(seqs(recent.above("c1", "e1", 4, 6))).toEqual([5, 6]);
    recent.add("c1", "e2", eventsOf(7, 7));
    expect(recent.above("c1", "e1", 4, 6)).toBe(null);
    expect(seqs(recent.above("c1", "e2", 6, 7))).toEqual([7]);
  });

  it("takes away what a delete takes away: the message, and its edits, whenever they came", () => {
    const recent = ringsOf();
    recent.add("c1", "e1", eventsOf(5, 6, "secret"));
    recent.add("c1", "e1", [
      { row: { seq: 7, type: "edit", re: 5 }, rowText: "secret edit" },
      { row: { seq: 8, type: "edit", re: 6 }, rowText: "other edit" },
      { row: { seq: 9, type: "delete", re: 5 }, rowText: "delete" },
    ]);
    expect(recent.above("c1", "e1", 4, 9)?.map(({ rowText }) => rowText)).toEqual([
      "gone",
      "secret",
      "gone",
      "other edit",
      "delete",
    ]);
    // Of another conversation nothing, and of what is not here nothing either.
    recent.add("c2", "e1", eventsOf(5, 5, "kept"));
    recent.add("c2", "e1", [{ row: { seq: 6, type: "delete", re: 2 }, rowText: "delete" }]);
    expect(recent.above("c2", "e1", 4, 6)?.map(({ rowText }) => rowText)).toEqual(["kept", "delete"]);
  });

  it("takes away what a user wrote when word of their erasure passes, and nothing else", () => {
    const recent = ringsOf({ ...LIMITS, recentEventsPerConversationMax: 10 });
    const types = ["message", "edit", "x-note", "react", "delete", "member", "meta"] as const;
    recent.add(
      "c1",
      "e1",
      [...types, ...types].map((type, index) => ({
        row: { seq: index + 1, type, from: index < types.length ? "alice" : "bob" },
        rowText: type,
      })),
    );
    const told = { seq: 15, type: "meta", from: "system", body: { erased: "alice" } } as const;
    recent.add("c1", "e1", [{ row: told, rowText: "told" }]);
    const texts = recent.above("c1", "e1", 0, 15)?.map(({ rowText }) => rowText);
    expect(texts).toEqual(["gone", "gone", "gone", "gone", "delete", "member", "meta", ...types, "told"]);
  });

  it("counts what is left after a delete", () => {
    const recent = ringsOf({ recentBytesMax: 2_500, recentEventsPerConversationMax: 4, sharedPagesBytesMax: 10_000 });
    recent.add("c1", "e1", eventsOf(1, 1, "x".repeat(2_000)));
    recent.add("c1", "e1", [{ row: { seq: 2, type: "delete", re: 1 }, rowText: "delete" }]);
    recent.add("c1", "e1", eventsOf(3, 3, "x".repeat(2_000)));
    expect(seqs(recent.above("c1", "e1", 0, 3))).toEqual([1, 2, 3]);
  });

  it("forgets a conversation when told to", () => {
    const recent = ringsOf();
    recent.add("c1", "e1", eventsOf(1, 3));
    recent.forget("c1");
    expect(recent.above("c1", "e1", 0, 3)).toBe(null);
  });

  it("keeps no page of the store's that others share once something happens, or is taken away", async () => {
    const recent = ringsOf();
    const place = { c: "c1", epoch: "e1", after: 3, head: 8 };
    let reads = 0;
    const ask = async () =>
      recent.page(place, async () => {
        reads++;
        return { texts: ["page"], bytes: 4, prepared: null };
      });
    expect(await ask()).toBe(await ask());
    expect(reads).toBe(1);
    recent.add("c1", "e1", eventsOf(9, 9));
    await ask();
    recent.forget("c1");
    await ask();
    expect(reads).toBe(3);
  });

  it("forgets the conversation unused for longest when all together are too large", () => {
    const recent = ringsOf({ recentBytesMax: 2_500, recentEventsPerConversationMax: 4, sharedPagesBytesMax: 10_000 });
    for (const c of ["c1", "c2"]) recent.add(c, "e1", eventsOf(1, 1, "x".repeat(1_000)));
    expect(recent.above("c1", "e1", 0, 1)).not.toBe(null);
    recent.add("c3", "e1", eventsOf(1, 1, "x".repeat(1_000)));
    expect(recent.above("c2", "e1", 0, 1)).toBe(null);
    expect(recent.above("c1", "e1", 0, 1)).not.toBe(null);
  });

  it("forgets a conversation that alone is too large, and throws nothing", () => {
    const recent = ringsOf({ recentBytesMax: 2_500, recentEventsPerConversationMax: 4, sharedPagesBytesMax: 10_000 });
    recent.add("c1", "e1", eventsOf(1, 1, "x".repeat(1_000)));
    recent.add("c1", "e1", eventsOf(2, 3, "x".repeat(1_000)));
    expect(recent.above("c1", "e1", 2, 3)).toBe(null);
  });

  it("I6: is at any time the newest events in a row, at least as many as its bound and at most twice", () => {
    const step = fc.record({ hole: fc.nat(9).map((chance) => chance === 0), count: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const recent = ringsOf();
        let head = 0;
        let first = 1;
        for (const { hole, count } of steps) {
          if (hole) {
            head++;
            first = head + 1;
          }
          recent.add("c1", "e1", eventsOf(head + 1, head + count));
          head += count;
          const sure = Math.max(first - 1, head - LIMITS.recentEventsPerConversationMax);
          expect(seqs(recent.above("c1", "e1", sure, head))).toEqual(
            eventsOf(sure + 1, head).map(({ row }) => row.seq),
          );
          expect(recent.above("c1", "e1", head - 2 * LIMITS.recentEventsPerConversationMax - 1, head)).toBe(null);
          expect(recent.above("c1", "e1", first - 2, head)).toBe(null);
        }
      }),
    );
  });
});
