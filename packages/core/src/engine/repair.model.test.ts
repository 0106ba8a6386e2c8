import { type HaveEntry, LIMITS } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Access } from "../ports/pages.ts";
import { repairPlan } from "./repair.ts";

/** One conversation as the store has it, and where the client stands in it. */
interface Case {
  readonly c: string;
  /** null: it is not, or no longer, the user's. */
  readonly head: number | null;
  readonly epoch: string;
  readonly cursor: number;
}

const accessOf = ({ head, epoch }: Case): Access | null => (head === null ? null : ({ epoch, head } as Access));
const seqs = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

/** What a client that fetches on has in the end, and how many rows came unasked: it asks from its cursor, page by page. */
function broughtBy(cases: readonly Case[], events: number) {
  const have = cases.map(({ c, cursor }): HaveEntry => [c, "e1", cursor]);
  const plan = repairPlan(have, cases.map(accessOf), events);
  const sent = new Map<string, number[]>();
  const told = new Map<string, string>();
  for (const step of plan) {
    expect(told.has(step.c)).toBe(false);
    told.set(step.c, step.kind);
    if (step.kind === "page") sent.set(step.c, seqs(step.after + 1, step.after + step.rows));
  }
  return { plan, sent, told };
}

describe("repairPlan, seq by seq", () => {
  const one = fc.record({
    // some stand level, some behind by a little, by a page, by many
    head: fc.option(fc.oneof(fc.nat(12), fc.nat(2 * LIMITS.pageRowsMax + 20)), { nil: null, freq: 6 }),
    epoch: fc.constantFrom("e1", "e1", "e1", "e2"),
    behind: fc.oneof(fc.integer({ min: -2, max: 3 }), fc.integer({ min: 0, max: 2 * LIMITS.pageRowsMax + 20 })),
  });
  const cases = fc.array(one, { maxLength: 12, size: "max" }).map((all) =>
    all.map(({ head, epoch, behind }, at): Case => {
      const cursor = Math.max(0, (head ?? 5) - behind);
      return { c: `c${at}`, head, epoch, cursor };
    }),
  );

  it("I16: sends nothing at or below a cursor and skips nothing above it; what it does not send it names", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 700 }), (all, events) => {
        const { sent, told } = broughtBy(all, events);
        for (const { c, head, epoch, cursor } of all) {
          const is = told.get(c) ?? "nothing";
          if (head === null) expect(is).toBe("gone");
          else if (epoch !== "e1" || cursor > head) expect(is).toBe("reset");
          else if (cursor === head) expect(is).toBe("nothing");
          else {
            // a page, whose rows follow the cursor without a hole; the rest, or all of it, is fetched from there on
            expect(["page", "lagging"]).toContain(is);
            const came = sent.get(c) ?? [];
            const fetched = seqs((came.at(-1) ?? cursor) + 1, head);
            expect([...came, ...fetched]).toEqual(seqs(cursor + 1, head));
            if (is === "page") expect(came.length).toBeGreaterThan(0);
          }
        }
      }),
      { numRuns: 100 },
    );
  });

  it("I16: newest conversation first, as much as the budget has and no more, at most a page each", {
    timeout: 60_000,
  }, () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 700 }), (all, events) => {
        const { plan, sent } = broughtBy(all, events);
        // handed out one by one
        const wanted = new Map<string, number[]>();
        let left = events;
        for (const { c, head, epoch, cursor } of all) {
          for (let seq = cursor + 1; head !== null && epoch === "e1" && seq <= head; seq++) {
            const page = wanted.get(c) ?? [];
            if (left === 0 || page.length === LIMITS.pageRowsMax) break;
            wanted.set(c, [...page, seq]);
            left--;
          }
        }
        expect(sent).toEqual(wanted);
        const order = all.map(({ c }) => c);
        const places = plan.map(({ c }) => order.indexOf(c));
        expect(places).toEqual([...places].sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });
});
