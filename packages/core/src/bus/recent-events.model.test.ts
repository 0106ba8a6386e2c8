import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { type RecentEvent, RecentEvents } from "./recent-events.ts";

const LIMITS = { recentBytesMax: 1_500, recentEventsPerConversationMax: 4, sharedPagesBytesMax: 10_000 };
const CONVERSATIONS = ["c1", "c2", "c3"] as const;
const USERS = ["alice", "bob"] as const;

type Type = "message" | "edit" | "delete" | "react" | "erasure";
type Step =
  | { readonly do: "add"; readonly c: string; readonly hole: boolean; readonly rows: readonly Written[] }
  | { readonly do: "new life"; readonly c: string }
  | { readonly do: "forget"; readonly c: string }
  | { readonly do: "ask"; readonly c: string; readonly back: number; readonly ahead: number; readonly stale: boolean };

interface Written {
  readonly type: Type;
  readonly from: string;
  /** How far back `re` lies. */
  readonly back: number;
  readonly bytes: number;
}

type Row = RecentEvent["row"];
const textOf = (row: Row): string => JSON.stringify(row);
const blankOf = ({ body: _, ...row }: Row): Row => row;
const holdsContent = ({ type }: Row): boolean => type !== "meta" && type !== "delete";

/** The whole log of one life, content taken away where a `delete` or an erasure says so: by looking at all of it. */
class Log {
  life = 1;
  rows: Row[] = [];
  /** Seqs that passed here: what a hole left out did not. */
  passed = new Set<number>();

  get head(): number {
    return this.rows.length;
  }

  stands(seq: number): Row {
    const row = this.rows[seq - 1] as Row;
    const later = this.rows.slice(seq - 1);
    const about = row.type === "edit" ? row.re : seq;
    const deleted = row.type === "message" || row.type === "edit" ? about : undefined;
    const isDeleted = later.some(({ type, re }) => type === "delete" && deleted !== undefined && re === deleted);
    const isErased = holdsContent(row) && later.some(({ body }) => body?.["erased"] === row.from);
    return isDeleted || isErased ? blankOf(row) : row;
  }

  write({ type, from, back, bytes }: Written): Row {
    const seq = this.head + 1;
    const body = { text: "x".repeat(bytes) };
    // only a message is edited, deleted or reacted to
    const re = this.rows.findLast((each) => each.type === "message" && each.seq < seq - back)?.seq;
    const row: Row =
      type === "erasure"
        ? { seq, type: "meta", from, body: { erased: from } }
        : type === "message" || re === undefined
          ? { seq, type: "message", from, body }
          : { seq, type, from, re, ...(type !== "delete" && { body }) };
    this.rows.push(row);
    return row;
  }
}

describe("RecentEvents, against whole logs", () => {
  it("I6, I16: gives all above a cursor as the log has it, or says that it cannot; what was taken away it has no more", {
    timeout: 60_000,
  }, () => {
    const c = fc.constantFrom(...CONVERSATIONS);
    const row = fc.record({
      type: fc.constantFrom<Type>("message", "message", "message", "edit", "delete", "react", "erasure"),
      from: fc.constantFrom(...USERS),
      back: fc.constantFrom(0, 0, 1, 2, 5),
      bytes: fc.constantFrom(0, 5, 60),
    });
    const step: fc.Arbitrary<Step> = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({
          ...{ do: fc.constant("add" as const), c },
          hole: fc.nat(9).map((chance) => chance === 0),
          rows: fc.array(row, { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constantFrom("forget" as const, "new life" as const), c }) },
      {
        weight: 6,
        arbitrary: fc.record({
          ...{ do: fc.constant("ask" as const), c, back: fc.nat(10), ahead: fc.constantFrom(0, 0, 0, 1) },
          stale: fc.nat(9).map((chance) => chance === 0),
        }),
      },
    );
    let answered = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const logs = new Map(CONVERSATIONS.map((each) => [each as string, new Log()]));
        const recent = new RecentEvents<RecentEvent>(new ManualClock(), LIMITS, (_c, _epoch, event) => {
          const blank = blankOf(event.row);
          return { row: blank, rowText: textOf(blank) };
        });
        /** Bytes and use of what may still be here, newest first. */
        let used: string[] = [];
        for (const given of steps) {
          const log = logs.get(given.c) as Log;
          const epoch = `e${log.life}`;
          if (given.do === "add") {
            // what a hole is made of did not pass here
            if (given.hole) {
              log.write({ type: "react", from: "bob", back: 0, bytes: 0 });
              log.passed.clear();
            }
            const rows = given.rows.map((written) => log.write(written));
            for (const { seq } of rows) log.passed.add(seq);
            recent.add(
              given.c,
              epoch,
              rows.map((each) => ({ row: each, rowText: textOf(each) })),
            );
            used = [given.c, ...used.filter((each) => each !== given.c)];
          } else if (given.do === "forget") {
            recent.forget(given.c);
            log.passed.clear();
          } else if (given.do === "new life") {
            // the log was put back: what comes goes on where it ended, and is of another life
            Object.assign(log, { life: log.life + 1, rows: [...log.rows], passed: new Set() });
          } else {
            const after = Math.max(0, log.head - given.back);
            const head = log.head + given.ahead;
            const answer = recent.above(given.c, given.stale ? "e0" : epoch, after, head);
            const wanted = Array.from({ length: Math.max(0, log.head - after) }, (_, at) => after + 1 + at);
            const passed = wanted.every((seq) => log.passed.has(seq));
            if (answer !== null) {
              answered++;
              expect([given.stale, given.ahead, passed]).toEqual([false, 0, true]);
              expect(answer.map((event) => event.row)).toEqual(wanted.map((seq) => log.stands(seq)));
              for (const event of answer) expect(event.rowText).toBe(textOf(event.row));
            } else {
              // the last few of the conversation used last are here for sure, if they are small
              const { recentEventsPerConversationMax: sure } = LIMITS;
              const kept = [...log.passed].slice(-2 * sure).map((seq) => textOf(log.rows[seq - 1] as Row).length);
              const fits = kept.reduce((sum, bytes) => sum + bytes + 1, 0) < LIMITS.recentBytesMax / 2;
              const isSure = used[0] === given.c && fits && passed && wanted.length > 0 && wanted.length <= sure;
              expect(isSure && !given.stale && given.ahead === 0).toBe(false);
            }
          }
        }
      }),
      { numRuns: 100 },
    );
    expect(answered).toBeGreaterThan(50);
  });
});
