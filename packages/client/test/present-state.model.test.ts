import { type Append, type EventPage, type MessageStore, memoryStore } from "@earshot/core";
import { type EventRow, type EventsFrame, isChatError } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CLIENT_LIMITS } from "../src/options.ts";
import { after, type Deed, deedOf } from "../src/testing/log-steps.ts";
import { Timeline } from "../src/timeline/timeline.ts";
import { windowItem } from "../src/window-item.ts";

const ME = "alice";
const USERS = [ME, "bob", "carol"];
const ROOM = { rows: 1_000, bytes: 1e9 } as const;

/** What becomes of an event on its way to the client, and what it asks for then. */
interface Turn {
  readonly deed: Deed;
  readonly event: "comes" | "is lost";
  readonly next: "nothing" | "fetch" | "older" | "newest";
  readonly limit: number;
}

/** A store that says how messages stand, and a timeline that works it out from the events. */
class World {
  readonly store: MessageStore = memoryStore();
  readonly timeline = new Timeline(
    CLIENT_LIMITS,
    (row) => windowItem(row, "c1", ME, { delivered: 0, read: 0 }),
    ({ from }) => from === ME,
  );
  log: readonly EventRow[] = [];

  async begin(done: readonly Deed[], limit: number): Promise<this> {
    await this.store.open();
    const members = USERS.map((user) => [user, "member"] as const);
    const about = { id: "c1", kind: "group", mode: "push", epoch: "e1", creator: ME, at: 0, title: null } as const;
    const first = [{ type: "meta", body: { kind: "group", title: null, members } }] as const;
    await this.store.create({ ...about, meta: null, open: false, wholeHistory: false, members, first });
    this.log = (await this.#page("log", {})).events as readonly EventRow[];
    for (const deed of done) await this.#write(deed);
    this.timeline.open(await this.#page("present", { from: "newest", rows: limit }));
    return this;
  }

  async turn({ deed, event, next, limit }: Turn): Promise<void> {
    const row = await this.#write(deed);
    if (row !== null && event === "comes") this.timeline.insert("e1", row);
    const { newest, cursor } = this.timeline;
    if (newest === null || cursor === null) return;
    if (next === "fetch") this.timeline.extend(await this.#page("log", { after: cursor.seq, rows: limit }));
    if (next === "newest") this.timeline.open(await this.#page("present", { from: "newest", rows: limit }));
    if (next === "older" && newest.from > 1) {
      const older = await this.#page("present", { before: newest.from, from: "newest", rows: limit });
      expect(isChatError(this.timeline.read(older, newest))).toBe(false);
    }
  }

  /** Everything has come: both must say the same of every message that is shown. */
  async finish(): Promise<void> {
    this.timeline.extend(await this.#page("log", { after: this.timeline.cursor?.seq ?? 0 }));
    const { newest } = this.timeline;
    const { events } = await this.#page("present", {});
    const from = newest?.from ?? 1;
    const stand = (events as readonly EventRow[]).filter(({ seq }) => seq >= from);
    expect(newest?.to).toBe(this.log.length);
    expect(newest?.items).toEqual(stand.map((row) => windowItem(row, "c1", ME, { delivered: 0, read: 0 })));
  }

  async #write(deed: Deed): Promise<EventRow | null> {
    const row = after(this.log, deed).at(this.log.length);
    if (row === undefined || row.type === "member") return null;
    const { id = "", from, type, re, body } = row;
    const entry: Append = {
      ...{ conversation: "c1", user: from, at: 0, type, by: ["owner", "member"], key: { id, hash: id } },
      ...(body && { body }),
      ...(re !== undefined && { re, target: { live: true } }),
      ...(type === "react" && { reaction: body as { key: string; on: boolean } }),
    };
    const [result] = await this.store.append([entry]);
    if (result?.kind !== "event") throw new Error(`not written: ${JSON.stringify([entry, result])}`);
    this.log = [...this.log, result.row];
    return result.row;
  }

  async #page(
    view: "log" | "present",
    query: { after?: number; before?: number; from?: "newest"; rows?: number },
  ): Promise<EventsFrame> {
    const { from = "oldest", ...rest } = query;
    const page = await this.store.range({ conversation: "c1", reader: ME, view, from, ...ROOM, ...rest });
    const { epoch, head, rows, older, newer } = page as EventPage;
    const more = from === "newest" ? older : newer;
    const low = (from === "newest" && older ? rows[0]?.seq : undefined) ?? (query.after ?? 0) + 1;
    const high = (from === "oldest" && newer ? rows.at(-1)?.seq : undefined) ?? (query.before ?? head + 1) - 1;
    return { t: "events", c: "c1", epoch, head, from: low, to: high, events: rows, more };
  }
}

describe("how messages stand", () => {
  it("I6, I8: the store says of a log what a client makes of its events, whatever came as pages and whatever live", async () => {
    const deed = fc.tuple(fc.nat(10), fc.nat(2), fc.nat(7), fc.nat(1)).map((numbers) => deedOf(numbers, USERS));
    const turn = fc.record({
      deed,
      event: fc.constantFrom<Turn["event"]>("comes", "comes", "is lost"),
      next: fc.constantFrom<Turn["next"]>("nothing", "nothing", "fetch", "older", "newest"),
      limit: fc.integer({ min: 1, max: 6 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(deed, { maxLength: 20, size: "max" }),
        fc.integer({ min: 1, max: 10 }),
        fc.array(turn, { maxLength: 40, size: "max" }),
        async (done, limit, turns) => {
          const world = await new World().begin(done, limit);
          for (const each of turns) await world.turn(each);
          await world.finish();
        },
      ),
      { numRuns: 150 },
    );
  });
});
