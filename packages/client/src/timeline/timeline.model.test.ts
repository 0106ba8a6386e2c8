import { type EventRow, type EventsFrame, isChatError } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WindowItem } from "../message.ts";
import { asHappened, asItStands, cutPage } from "../testing/fake-log.ts";
import { after, type Deed, deedOf } from "../testing/log-steps.ts";
import { windowItem } from "../window-item.ts";
import type { Stretch } from "./stretch.ts";
import { Timeline } from "./timeline.ts";

const ME = "me";
const USERS = [ME, "you", "they"];
/** More than any run needs. */
const ROOM = 1_000;
/** Seqs of before the user came. */
const HIDDEN_MAX = 3;

type Step =
  | { readonly do: "write"; readonly deeds: readonly Deed[] }
  /** An event comes: the next, or another one, again, early or late. */
  | { readonly do: "event"; readonly from: "cursor" | "head"; readonly by: number }
  | { readonly do: "head"; readonly back: number }
  /** A page; `stale`: how much of the log it was read before. */
  | { readonly do: "after"; readonly by: number; readonly limit: number; readonly stale: number }
  | { readonly do: "newest"; readonly limit: number; readonly stale: number }
  | { readonly do: "older" | "island" | "replies"; readonly at: number; readonly limit: number; readonly stale: number }
  | { readonly do: "late"; readonly seq: number }
  | { readonly do: "reload" | "let go" | "new life" };

interface Limits {
  readonly windowItemsMax: number;
  readonly heldEventsMax: number;
  readonly recentChangesMax: number;
}

const present = (row: EventRow): WindowItem | null => windowItem(row, "c1", ME, { delivered: 0, read: 0 });

/** A log, a timeline that hears of it in whatever way, and what both must agree on: the log, folded by looking at all of it. */
class World {
  log: readonly EventRow[] = [];
  life = 1;
  timeline: Timeline;
  /** Stretches that were read, if the timeline still has them. */
  islands: Stretch[] = [];
  /** As of which a page was read: what it brought may be ahead of the cursor. */
  heads = new Set<number>();
  readonly #limits: Limits;
  readonly #hidden: number;
  #loadedIn = 1;
  /** Seqs that came as events: what is above the cursor is held, as long as there is room. */
  #early = new Set<number>();
  #folds = new Map<number, ReadonlyMap<number, Parts>>();

  constructor(limits: Limits, hidden: number, first: readonly Deed[]) {
    this.#limits = limits;
    this.#hidden = hidden;
    this.timeline = this.#make();
    // so many stand there at least
    for (let seq = 1; seq <= hidden + 1; seq++) this.#write([{ kind: "message", by: "you", at: 0, key: "" }]);
    this.#write(first);
  }

  get epoch(): string {
    return `e${this.life}`;
  }

  run(step: Step): void {
    switch (step.do) {
      case "write":
        this.#write(step.deeds);
        break;
      case "event": {
        const near = step.from === "cursor" ? (this.timeline.cursor?.seq ?? this.#hidden) + 1 : this.log.length;
        const row = this.log[Math.max(this.#hidden + 1, near + step.by) - 1];
        if (row !== undefined) {
          this.#early.add(row.seq);
          this.#applied(() => this.timeline.insert(this.epoch, row));
        }
        break;
      }
      case "head":
        this.timeline.reaches(this.epoch, Math.max(1, this.log.length - step.back));
        break;
      case "after":
        this.after(Math.max(0, (this.timeline.cursor?.seq ?? 0) + step.by), step.limit, step.stale);
        break;
      case "newest":
        this.#open(step.limit, step.stale);
        break;
      case "older":
      case "island":
      case "replies":
        this.#read(step);
        break;
      case "late": {
        // a page that was loaded since has another session, which hears of nothing that is over
        if (this.life === this.#loadedIn) break;
        const cursor = this.timeline.cursor;
        const row = { seq: step.seq, ord: 1, type: "message", id: "late", from: "you", at: 0, body: {} } as const;
        expect(this.timeline.insert(`e${this.life - 1}`, row)).toEqual([]);
        expect(this.timeline.cursor).toEqual(cursor);
        break;
      }
      case "reload":
        this.#reload();
        break;
      case "let go":
        this.timeline.letGo();
        break;
      case "new life":
        // of a life that was never heard of nobody could tell that it is over
        this.timeline.reaches(this.epoch, 1);
        this.life++;
        this.#forget();
        for (let seq = 1; seq <= this.#hidden + 1; seq++)
          this.#write([{ kind: "message", by: "they", at: 0, key: "" }]);
        this.timeline.restart({ epoch: this.epoch, head: this.log.length }, `e${this.life - 1}`);
        expect(this.timeline.cursor).toBe(null);
    }
    this.#check();
  }

  /** The rule's fetches bring all the rest; then everything that is shown stands as the log says. */
  finish(): void {
    if (this.timeline.cursor === null) this.#open(5, 0);
    this.timeline.reaches(this.epoch, this.log.length);
    for (let fetches = 0; this.timeline.gap !== null; fetches++) {
      expect(fetches).toBeLessThan(this.log.length + 2);
      this.after(this.timeline.cursor?.seq ?? 0, 7, 0);
    }
    expect([this.timeline.cursor, this.timeline.behind]).toEqual([{ epoch: this.epoch, seq: this.log.length }, 0]);
    this.heads.clear();
    this.#check();
  }

  after(seq: number, limit: number, stale: number): void {
    const head = Math.max(1, this.log.length - stale);
    if (seq > head) return;
    const rows = asHappened(this.log.slice(0, head));
    const page = this.#page(head, cutPage(rows, this.#voids, head, { after: seq, limit }));
    this.#applied(() => this.timeline.extend(page));
  }

  #make(): Timeline {
    const bounds = { ...this.#limits, islandsMax: 2, heardReactionsMax: 1_000 };
    return new Timeline(bounds, present, ({ from }) => from === ME);
  }

  get #voids(): readonly (readonly [number, number])[] {
    return this.#hidden > 0 ? [[1, this.#hidden]] : [];
  }

  #write(done: readonly Deed[]): void {
    for (const deed of done) this.log = after(this.log, deed, this.#hidden + 1);
    this.#folds.clear();
  }

  #forget(): void {
    this.log = [];
    this.islands = [];
    this.heads.clear();
    this.#early.clear();
    this.#folds.clear();
  }

  #page(head: number, cut: ReturnType<typeof cutPage>): EventsFrame {
    this.heads.add(head);
    return { t: "events", c: "c1", epoch: this.epoch, head, ...cut };
  }

  #stands(head: number, re?: number): readonly EventRow[] {
    const rows = asItStands(this.log.slice(0, head), ME);
    return re === undefined ? rows : rows.filter((row) => row.type === "message" && row.re === re);
  }

  #open(limit: number, stale: number): void {
    const head = Math.max(this.#hidden + 1, this.log.length - stale);
    const before = this.timeline.cursor?.seq ?? 0;
    const page = this.#page(head, cutPage(this.#stands(head), this.#voids, head, { limit }));
    const rows = this.timeline.open(page);
    // a declared jump: what is told is new, and in order
    const seqs = rows.map(({ seq }) => seq);
    expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b).filter((seq) => seq > before));
    if (head > before) expect(this.timeline.cursor?.seq).toBeGreaterThanOrEqual(head);
  }

  #read({ do: what, at, limit, stale }: Extract<Step, { readonly do: "older" }> | Extract<Step, { at: number }>): void {
    const { newest } = this.timeline;
    const head = Math.max(this.#hidden + 1, this.log.length - stale);
    if (newest === null) return;
    if (what === "replies") {
      const messages = this.#stands(head).filter(({ type }) => type === "message");
      const re = messages[at % Math.max(1, messages.length)]?.seq ?? 1;
      this.#keep(this.timeline.read(this.#page(head, cutPage(this.#stands(head, re), [], head, { limit })), null, re));
    } else if (what === "island") {
      // one that is there goes on where it ends; else one anew
      const island = this.islands[at % 3];
      const into = island !== undefined && island.re === undefined && this.timeline.has(island) ? island : null;
      const around = into === null ? 1 + (at % head) : into.to + 1;
      // now and then it ends right where the newest begins
      const where = into === null && at % 4 === 0 ? { before: newest.from } : { around };
      const page = this.#page(head, cutPage(this.#stands(head), this.#voids, head, { ...where, limit: limit + 1 }));
      this.#keep(this.timeline.read(page, into));
    } else {
      const cut = cutPage(this.#stands(head), this.#voids, head, { before: newest.from, limit });
      this.#keep(this.timeline.read(this.#page(head, cut), newest));
    }
  }

  #keep(answer: ReturnType<Timeline["read"]>): void {
    if (isChatError(answer)) expect(["unavailable", "too_large"]).toContain(answer.code);
    else if (answer !== this.timeline.newest) {
      // what touches the newest is a part of it
      if (answer.re === undefined) expect(answer.to).toBeLessThan((this.timeline.newest?.from ?? 0) - 1);
      this.islands.push(answer);
    }
  }

  /** The page was closed: what was kept of the newest stretch is all there is. */
  #reload(): void {
    const { cursor, newest } = this.timeline;
    if (cursor === null || newest === null || this.#isAhead) return;
    const rows = this.#stands(cursor.seq).filter(({ seq }) => seq >= newest.from && seq > this.#hidden);
    this.timeline = this.#make();
    this.#loadedIn = this.life;
    this.#early.clear();
    this.islands = [];
    this.timeline.restore({
      c: "c1",
      epoch: cursor.epoch,
      last: cursor.seq,
      floor: newest.from,
      rows,
      hasOlder: newest.hasOlder,
    });
    expect(this.timeline.cursor).toEqual(cursor);
  }

  get #isAhead(): boolean {
    return [...this.heads].some((head) => head > (this.timeline.cursor?.seq ?? 0));
  }

  /** Each seq is given out once, upwards by one from the cursor, as the log has it. */
  #applied(take: () => readonly EventRow[]): void {
    const before = this.timeline.cursor?.seq;
    const rows = take();
    const now = this.timeline.cursor?.seq;
    if (before === undefined || now === undefined) expect(rows).toEqual([]);
    else {
      const wanted = Array.from({ length: now - before }, (_, index) => before + 1 + index);
      expect(rows.map(({ seq }) => seq)).toEqual(wanted.filter((seq) => seq > this.#hidden));
    }
    for (const { seq, id, from, type } of rows)
      expect(this.log[seq - 1]).toMatchObject({ from, type, ...(id && { id }) });
  }

  #check(): void {
    const { timeline } = this;
    const { cursor, gap, newest } = timeline;
    expect(timeline.behind).toBeGreaterThanOrEqual(0);
    if (gap !== null) expect([gap.from, gap.to >= gap.from]).toEqual([(cursor?.seq ?? 0) + 1, true]);
    for (const seq of this.#early) if (seq <= (cursor?.seq ?? 0)) this.#early.delete(seq);
    if (gap !== null && this.#limits.heldEventsMax === ROOM) expect(this.#early.has(gap.to)).toBe(false);
    if (cursor === null || newest === null) return;
    expect(newest.to).toBe(cursor.seq);
    const states = [cursor.seq, ...[...this.heads].filter((head) => head > cursor.seq)].map((head) => this.#fold(head));
    const islands = new Set(this.islands.filter((island) => timeline.has(island)));
    for (const stretch of [newest, ...islands]) this.#expectStands(stretch, states);
  }

  /** It has what the log has there, each as it stood at the cursor, or as a page told that came ahead of it. */
  #expectStands({ from, to, re, live, items, hasOlder }: Stretch, states: readonly ReadonlyMap<number, Parts>[]): void {
    const within = ({ seq }: EventRow): boolean => seq >= from && seq <= to && seq > this.#hidden;
    const rows = this.#stands(this.log.length, re).filter(within);
    expect(items.map(({ seq }) => seq)).toEqual(rows.map(({ seq }) => seq));
    for (const item of items) {
      // by the cursor or by a page ahead of it; the two may have told of the replies and of the rest
      for (const part of [0, 1] as const) {
        const is = partsOf(item)[part];
        const all = states.map((state) => state.get(item.seq ?? 0)?.[part]);
        if (!all.includes(is)) expect(is).toBe(all[0]);
      }
    }
    expect(items.length).toBeLessThanOrEqual(
      Math.max(this.#limits.windowItemsMax, live ? 0 : Number.POSITIVE_INFINITY),
    );
    const older = this.#stands(this.log.length, re).some(({ seq }) => seq < from && seq > this.#hidden);
    if (older) expect(hasOlder).toBe(true);
  }

  #fold(head: number): ReadonlyMap<number, Parts> {
    const known = this.#folds.get(head);
    if (known !== undefined) return known;
    const items = this.#stands(head).flatMap((row) => present(row) ?? []);
    const fold = new Map(items.map((item) => [item.seq ?? 0, partsOf(item)] as const));
    this.#folds.set(head, fold);
    return fold;
  }
}

/** What of an item can change, and who it is; its replies apart. */
type Parts = readonly [rest: string, replies: string];

function partsOf(item: WindowItem): Parts {
  if (item.kind === "notice") return [JSON.stringify([item.seq, item.type, item.body]), ""];
  const { seq, id, from, body, edited, deleted, reactions, replies, re } = item;
  // the order of keys is the gateway's, and shows only while all of them are known
  const sorted = [...reactions].sort((a, b) => (a.key < b.key ? -1 : 1));
  return [JSON.stringify({ seq, id, from, body, edited, deleted, re, reactions: sorted }), String(replies)];
}

const deed = fc.tuple(fc.nat(10), fc.nat(2), fc.nat(3), fc.nat(1)).map((numbers) => deedOf(numbers, USERS));
const small = fc.integer({ min: 1, max: 6 });
const stale = fc.constantFrom(0, 0, 0, 1, 2, 3, 5);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("write"), deeds: fc.array(deed, { minLength: 1, maxLength: 5 }) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("event"),
      from: fc.constantFrom("cursor", "head"),
      by: fc.constantFrom(0, 0, 0, 1, 2, -1, -3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("head"), back: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant("after"), by: fc.constantFrom(0, 0, 1, -2), limit: small, stale }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("newest"), limit: small, stale }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constantFrom("older", "island", "replies"), at: fc.nat(30), limit: small, stale }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("late"), seq: small }) },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: "reload" }, { do: "let go" }, { do: "new life" }) },
);

describe("Timeline, against its whole log", () => {
  it("I7, I8, I12, I13, I19: gives each seq once, upwards by one, and shows what the log says, whatever comes", {
    timeout: 60_000,
  }, () => {
    const limits = fc.record({
      windowItemsMax: fc.constantFrom(8, 1_000),
      heldEventsMax: fc.constantFrom(1, 3, ROOM),
      recentChangesMax: fc.constantFrom(2, 5, 100),
    });
    const first = fc.array(deed, { maxLength: 20, size: "max" });
    fc.assert(
      fc.property(limits, fc.nat(HIDDEN_MAX), first, fc.array(step, { maxLength: 50, size: "max" }), (...given) => {
        const [bounds, hidden, done, steps] = given;
        const world = new World(bounds, hidden, done);
        for (const each of steps) world.run(each);
        world.finish();
      }),
      { numRuns: 100 },
    );
  });
});
