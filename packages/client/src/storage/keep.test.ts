import { describe, expect, it } from "vitest";
import { Changes, clockWithin } from "../changes.ts";
import type { ClientStorage } from "../ports/client-storage.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { MemoryDisk, memoryStorage } from "../testing/memory-storage.ts";
import { Keep } from "./keep.ts";
import { Saver } from "./saver.ts";

function make(storage: ClientStorage = memoryStorage()) {
  const clock = new ManualClock();
  const changes = new Changes();
  const told: string[] = [];
  const keep = new Keep({
    ...{ storage, changes, clock: clockWithin(changes, clock) },
    onOpen: ({ user }) => told.push(`open ${user}`),
    onBegun: (user) => told.push(`begun ${user}`),
    onFailed: () => told.push("failed"),
    onChange: () => told.push(keep.view.status),
  });
  return { clock, keep, told };
}

const timeline = (c: string, last = 1) => ({ c, epoch: "e1", last, floor: 1, hasOlder: false, rows: [] });
const NOTHING = { cursor: null, newest: null };
const shownTo = (seq: number) => ({
  cursor: { epoch: "e1", seq },
  newest: { from: 1, items: [], hasOlder: false },
});
const diskOf = async (user: string) => {
  const disk = new MemoryDisk();
  const storage = memoryStorage(disk);
  await storage.open();
  await storage.begin(user);
  await storage.putTimelines([timeline("c1")]);
  return disk;
};

describe("Keep", () => {
  it("opens at first need, once, and gives out what was stored before anything else", async () => {
    const disk = await diskOf("alice");
    const { keep, told, clock } = make(memoryStorage(disk));
    expect(keep.view.status).toBe("memory");
    let found: unknown;
    keep.timeline("c1", (stored) => {
      found = stored;
      told.push("timeline");
    });
    await Promise.all([keep.ready(), keep.ready()]);
    expect(told).toEqual(["begun alice", "saved", "open alice", "timeline"]);
    expect([found, keep.view.status, clock.pending]).toEqual([timeline("c1"), "saved", 0]);
    keep.begin("alice");
    await keep.ready();
    expect(told.length).toBe(4);
  });

  it("nobody's before the gateway has told who the user is", async () => {
    const { keep, told } = make();
    let asked = "";
    keep.ask(
      (storage) => storage.putTimelines([]),
      () => {
        asked = "done";
      },
    );
    await keep.ready();
    let found: unknown;
    keep.timeline("c1", (stored) => {
      found = stored;
    });
    expect([told, asked, found]).toEqual([[], "", null]);
    keep.begin("alice");
    await keep.ready();
    expect([told, asked]).toEqual([["begun alice", "saved"], "done"]);
  });

  it("I18: of another user nothing is given out, and it is forgotten", async () => {
    const disk = await diskOf("alice");
    const early = make(memoryStorage(disk));
    early.keep.begin("bob");
    await early.keep.ready();
    expect([early.told, disk.user, disk.timelines.size]).toEqual([["begun bob", "saved"], "bob", 0]);

    const shared = await diskOf("alice");
    const late = make(memoryStorage(shared));
    await late.keep.ready();
    let heard = 0;
    // what was asked for alice must not be done for bob
    for (const c of ["c3", "c4"]) {
      late.keep.ask(
        (storage) => storage.putTimelines([timeline(c)]),
        () => heard++,
      );
    }
    late.keep.timeline("c1", () => heard++);
    late.keep.timeline("c2", () => heard++);
    late.keep.begin("bob");
    await late.keep.ready();
    expect([late.told.slice(3), heard]).toEqual([["begun bob", "saved"], 0]);
    expect([shared.user, shared.timelines.size]).toEqual(["bob", 0]);
  });

  it("a connection waits for what is stored, but not for long", async () => {
    const storage = memoryStorage();
    storage.open = () => new Promise(() => {});
    const { keep, clock, told } = make(storage);
    let ready = false;
    void keep.ready().then(() => {
      ready = true;
    });
    await clock.advance(1_900);
    expect(ready).toBe(false);
    await clock.advance(200);
    expect([ready, told]).toEqual([true, []]);
    await clock.advance(8_000);
    expect(told).toEqual(["failed", "failed"]);
    expect([keep.view, clock.pending]).toMatchObject([{ error: { code: "storage" } }, 0]);
  });

  it("after a standstill of the page the storage gets a fresh interval", async () => {
    const storage = memoryStorage();
    let open = (): void => {};
    storage.open = () =>
      new Promise((resolve) => {
        open = () => resolve(null);
      });
    const { keep, clock } = make(storage);
    void keep.ready();
    await clock.sleep(3_600_000);
    await clock.advance(4_000);
    open();
    await clock.settle();
    expect(keep.keeps).toBe(true);
  });

  it("failed, whoever waits goes on, and the storage is let go", async () => {
    const storage = memoryStorage();
    let closed = 0;
    storage.close = async () => {
      closed++;
    };
    storage.putTimelines = () => Promise.reject(new TypeError("broken"));
    const { keep, told } = make(storage);
    keep.begin("alice");
    const answers: unknown[] = [];
    for (const c of ["c1", "c2"]) {
      keep.ask(
        (open) => open.putTimelines([timeline(c)]),
        (value) => answers.push(value),
      );
    }
    await keep.ready();
    keep.timeline("c1", (stored) => answers.push(stored));
    expect([answers, told, closed]).toEqual([[null, null, null], ["begun alice", "saved", "failed", "failed"], 1]);
    expect(keep.view).toMatchObject({ status: "failed", error: { code: "storage", cause: expect.any(TypeError) } });
  });

  it("I25: closing waits for what is in hand, and forgets if asked", async () => {
    const disk = await diskOf("alice");
    const { keep, clock } = make(memoryStorage(disk));
    await keep.ready();
    keep.ask(
      (storage) => storage.putTimelines([timeline("c2")]),
      () => {},
    );
    await keep.close(false);
    expect([[...disk.timelines.keys()], clock.pending]).toEqual([["c1", "c2"], 0]);
    // never opened: it is, to be forgotten
    const other = make(memoryStorage(disk));
    await other.keep.close(true);
    expect([disk.user, disk.timelines.size, other.clock.pending]).toEqual([null, 0, 0]);
    const unused = make(memoryStorage(disk));
    await unused.keep.close(false);
    expect([unused.told, unused.keep.keeps]).toEqual([[], false]);
  });
});

describe("Saver", () => {
  const scene = () => {
    const { clock, keep } = make();
    const writes: string[] = [];
    const shown = { last: 1, gone: false, inbox: 1 };
    let answer = (): void => {};
    const saver = new Saver({
      clock,
      inbox: () => ({ rows: [], cursor: `${shown.inbox}` }),
      timeline: (c) => (c === "idle" ? undefined : shown.gone ? NOTHING : shownTo(shown.last)),
      keep: {
        keeps: true,
        ask: (work, done) => {
          void work({
            putTimelines: async (list: readonly { c: string; last: number }[]) => {
              writes.push(list.map(({ c, last }) => `${c}@${last}`).join(" "));
            },
            removeTimeline: async (c: string) => {
              writes.push(`-${c}`);
            },
            putInbox: async ({ cursor }: { cursor: string }) => {
              writes.push(`inbox@${cursor}`);
            },
          } as never);
          answer = () => done(null);
        },
      },
    });
    return { clock, keep, saver, shown, writes, answer: () => answer() };
  };

  it("merges: one write at a time, not more often than twice a second, with the newest of each", async () => {
    const { clock, saver, shown, writes, answer } = scene();
    for (; shown.last < 50; shown.last++) {
      saver.timelineChanged("c1");
      if (shown.last % 2 === 0) saver.timelineChanged("c2");
      saver.inboxChanged();
    }
    expect(writes).toEqual([]);
    await clock.advance(500);
    expect(writes.splice(0)).toEqual(["c1@50 c2@50", "inbox@1"]);
    saver.timelineChanged("c1");
    await clock.advance(5_000);
    expect([writes, clock.pending]).toEqual([[], 0]);
    answer();
    await clock.advance(500);
    expect(writes).toEqual(["c1@50"]);
  });

  it("takes out what is gone, and leaves alone what is not looked at any more", async () => {
    const { clock, saver, shown, writes, answer } = scene();
    saver.gone("c1");
    saver.timelineChanged("idle");
    await clock.advance(500);
    expect(writes.splice(0)).toEqual(["-c1"]);
    answer();
    shown.gone = true;
    saver.timelineChanged("c2");
    saver.flush();
    await clock.settle();
    expect(writes).toEqual(["-c2"]);
  });

  it("I18: writes nothing of a user who has gone", async () => {
    const { clock, saver, writes } = scene();
    saver.timelineChanged("c1");
    saver.inboxChanged();
    saver.forget();
    await clock.advance(5_000);
    saver.flush();
    expect([writes, clock.pending]).toEqual([[], 0]);
  });
});
