import type { Body, EventRow, InboxRow } from "@earshot/protocol";
import type { ClientStorage } from "../../ports/client-storage.ts";
import type { StoredSend, StoredTimeline } from "../../ports/stored.ts";
import type { Runner } from "./runner.ts";

export interface StorageUnderTest {
  /** One more client's end of the same storage, not open yet. */
  another(): ClientStorage;
  /** Closes what is still open, and removes what was left behind. */
  destroy(): Promise<void>;
}

export interface ClientStorageAdapter {
  /** A storage of its own for each call, with nothing in it. */
  create(): Promise<StorageUnderTest>;
}

/** Every promise of the `ClientStorage` port, one case each. */
export function clientStorageSuite({ describe, it, expect }: Runner, adapter: ClientStorageAdapter): void {
  const withDisk = (run: (another: () => ClientStorage) => Promise<void>) => async () => {
    const { another, destroy } = await adapter.create();
    const made: ClientStorage[] = [];
    try {
      await run(() => {
        const storage = another();
        made.push(storage);
        return storage;
      });
    } finally {
      for (const storage of made) await storage.close();
      await destroy();
    }
  };
  /** With one that is open, and alice's; `reload` closes it and opens another one. */
  const withStorage = (run: (storage: ClientStorage, another: () => ClientStorage) => Promise<void>) =>
    withDisk(async (another) => {
      const storage = another();
      await storage.open();
      await storage.begin("alice");
      await run(storage, another);
    });
  const reopened = async (storage: ClientStorage, another: () => ClientStorage) => {
    await storage.close();
    const next = another();
    return { next, stored: await next.open() };
  };

  describe("opening and closing", () => {
    it(
      "every call rejects with closed before open and after close",
      withDisk(async (another) => {
        const storage = another();
        for (const call of Object.values(CALLS)) expect(await codeOf(call(storage))).toBe("closed");
        await storage.open();
        await storage.begin("alice");
        for (const call of Object.values(CALLS)) {
          await storage.begin("alice");
          expect(await codeOf(call(storage))).toBe("resolved");
        }
        await storage.close();
        await storage.close();
        for (const call of Object.values(CALLS)) expect(await codeOf(call(storage))).toBe("closed");
        expect(await codeOf(storage.open())).toBe("closed");
      }),
    );

    it(
      "a second open is refused with conflict, and the first stands",
      withStorage(async (storage) => {
        expect(await codeOf(storage.open())).toBe("conflict");
        await storage.putSends([send("a")]);
        expect(await storage.sends()).toEqual([send("a")]);
      }),
    );

    it(
      "opens empty, and belongs to nobody before begin",
      withDisk(async (another) => {
        const storage = another();
        expect(await storage.open()).toBe(null);
        for (const [name, call] of Object.entries(CALLS)) {
          if (name !== "begin" && name !== "clear") expect(await codeOf(call(storage))).toBe("storage");
        }
        await storage.begin("alice");
        expect(await reopened(storage, another).then(({ stored }) => stored)).toEqual({
          ...{ user: "alice", inbox: null, sends: [] },
        });
      }),
    );

    it(
      "close waits for what is in hand",
      withStorage(async (storage, another) => {
        const put = storage.putSends([send("a")]);
        const { stored } = await reopened(storage, another);
        await put;
        expect(stored?.sends).toEqual([send("a")]);
      }),
    );
  });

  describe("users", () => {
    it(
      "I18: beginning for another one forgets the first; a repeat changes nothing",
      withStorage(async (storage, another) => {
        await storage.putSends([send("a")]);
        await storage.putInbox({ rows: [row("c1")], cursor: "7" });
        await storage.putTimelines([timeline("c1", 1)]);
        await storage.begin("alice");
        expect(await storage.sends()).toEqual([send("a")]);
        await storage.begin("bob");
        expect(await storage.sends()).toEqual([]);
        expect(await storage.timeline("c1")).toBe(null);
        const { stored } = await reopened(storage, another);
        expect(stored).toEqual({ user: "bob", inbox: null, sends: [] });
      }),
    );

    it(
      "I18: who began before another user did writes and reads nothing any more",
      withStorage(async (storage, another) => {
        await storage.putSends([send("a")]);
        const other = another();
        await other.open();
        await other.begin("bob");
        await other.putSends([send("b")]);
        for (const [name, call] of Object.entries(CALLS)) {
          if (name !== "begin" && name !== "clear") expect(await codeOf(call(storage))).toBe("storage");
        }
        expect(await other.sends()).toEqual([send("b")]);
        expect(await other.timeline("c1")).toBe(null);
      }),
    );

    it(
      "I18: clear forgets everything, and for those who share it too",
      withStorage(async (storage, another) => {
        await storage.putSends([send("a")]);
        await storage.putTimelines([timeline("c1", 1)]);
        const other = another();
        await other.open();
        await other.clear();
        expect(await codeOf(storage.sends())).toBe("storage");
        expect(await codeOf(storage.putSends([send("b")]))).toBe("storage");
        expect(await codeOf(other.sends())).toBe("storage");
        await other.begin("alice");
        expect(await other.sends()).toEqual([]);
        expect(await other.timeline("c1")).toBe(null);
      }),
    );
  });

  describe("sends", () => {
    it(
      "I1: are there after a reload, as they were put",
      withStorage(async (storage, another) => {
        const body: Body = { text: "hi ü 👍", list: [1, null, { a: false }], "": 0 };
        const full = { ...send("a"), type: "x-note", re: 4, slot: "s", expect: 0, poisoned: 1, body } as const;
        const bare = { id: "d", c: "c1", type: "delete", re: 4, at: 5, place: 6, poisoned: 0 } as const;
        await storage.putSends([
          full,
          { ...send("b", 2), mentions: "all" },
          { ...send("e", 3), mentions: ["u|1"] },
          bare,
        ]);
        const { stored, next } = await reopened(storage, another);
        expect(stored?.sends).toEqual([
          full,
          { ...send("b", 2), mentions: "all" },
          { ...send("e", 3), mentions: ["u|1"] },
          bare,
        ]);
        expect(await next.sends()).toEqual(stored?.sends);
      }),
    );

    it(
      "I11: come in order of place, ties by id, whoever put them",
      withStorage(async (storage, another) => {
        const other = another();
        await other.open();
        await storage.putSends([send("b", 20), send("z", 10), send("c", 1_700_000_000_001)]);
        await other.putSends([send("y", 10), send("a", 1_700_000_000_000)]);
        const ids = ["y", "z", "b", "a", "c"];
        expect((await storage.sends()).map(({ id }) => id)).toEqual(ids);
        expect((await other.sends()).map(({ id }) => id)).toEqual(ids);
      }),
    );

    it(
      "I4: a repeat of conversation and id replaces; the same id elsewhere is another",
      withStorage(async (storage) => {
        await storage.putSends([send("a", 1), { ...send("a", 2), c: "c2" }]);
        await storage.putSends([{ ...send("a", 1), poisoned: 1 }]);
        expect(await storage.sends()).toEqual([
          { ...send("a", 1), poisoned: 1 },
          { ...send("a", 2), c: "c2" },
        ]);
        await storage.removeSends([{ c: "c2", id: "a" }]);
        expect((await storage.sends()).length).toBe(1);
      }),
    );

    it(
      "are removed, and what is not there is not missed",
      withStorage(async (storage, another) => {
        await storage.putSends([send("a", 1), send("b", 2), send("c", 3)]);
        await storage.removeSends([send("a"), { c: "c9", id: "none" }, send("c")]);
        await storage.removeSends([]);
        await storage.putSends([]);
        const { stored } = await reopened(storage, another);
        expect(stored?.sends.map(({ id }) => id)).toEqual(["b"]);
      }),
    );

    it(
      "are copies: what is done to them later changes nothing",
      withStorage(async (storage) => {
        const body: Record<string, unknown> = { text: "hi" };
        await storage.putSends([{ ...send("a"), body }]);
        body["text"] = "changed";
        expect((await storage.sends())[0]?.body).toEqual({ text: "hi" });
      }),
    );

    it(
      "I8: puts and removals that overlap happen in the order asked",
      withStorage(async (storage) => {
        await Promise.all([
          storage.putSends([send("a", 1), send("b", 2)]),
          storage.removeSends([send("a")]),
          storage.putSends([send("c", 3)]),
          storage.removeSends([send("b")]),
        ]);
        expect((await storage.sends()).map(({ id }) => id)).toEqual(["c"]);
      }),
    );
  });

  describe("the list of conversations", () => {
    it(
      "I8: comes back with its cursor, its rows in the order put",
      withStorage(async (storage, another) => {
        const rows = [row("c2"), row("c1"), row("c10")];
        await storage.putInbox({ rows, cursor: "7" });
        const { stored } = await reopened(storage, another);
        expect(stored?.inbox).toEqual({ rows, cursor: "7" });
      }),
    );

    it(
      "is replaced whole: rows change, go, come and move",
      withStorage(async (storage, another) => {
        const [a, b, c] = [row("a"), row("b"), row("c")];
        await storage.putInbox({ rows: [a, b], cursor: "1" });
        const changed = { ...a, head: 9, last: event(9) };
        await storage.putInbox({ rows: [c, changed], cursor: "2" });
        await storage.putInbox({ rows: [changed, c], cursor: "3" });
        const { stored } = await reopened(storage, another);
        expect(stored?.inbox).toEqual({ rows: [changed, c], cursor: "3" });
      }),
    );

    it(
      "is the one that was put last, whichever client put which part of it",
      withStorage(async (storage, another) => {
        const other = another();
        await other.open();
        const [a, b] = [row("a"), row("b")];
        await storage.putInbox({ rows: [a, b], cursor: "1" });
        await other.putInbox({ rows: [{ ...a, head: 7 }], cursor: "2" });
        await storage.putInbox({ rows: [a, b], cursor: "3" });
        const { stored } = await reopened(storage, another);
        expect(stored?.inbox).toEqual({ rows: [a, b], cursor: "3" });
      }),
    );

    it(
      "may be empty, and without a cursor",
      withStorage(async (storage, another) => {
        await storage.putInbox({ rows: [row("a")], cursor: "1" });
        await storage.putInbox({ rows: [], cursor: null });
        const { stored } = await reopened(storage, another);
        expect(stored?.inbox).toEqual({ rows: [], cursor: null });
      }),
    );
  });

  describe("timelines", () => {
    it(
      "I8: come back as they were put, rows and cursor together",
      withStorage(async (storage, another) => {
        await storage.putTimelines([timeline("c1", 3), timeline("c2", 1)]);
        await storage.putTimelines([timeline("c1", 5)]);
        const { next } = await reopened(storage, another);
        expect(await next.timeline("c1")).toEqual(timeline("c1", 5));
        expect(await next.timeline("c2")).toEqual(timeline("c2", 1));
        expect(await next.timeline("c3")).toBe(null);
      }),
    );

    it(
      "are removed one by one",
      withStorage(async (storage) => {
        await storage.putTimelines([timeline("c1", 1), timeline("c2", 1)]);
        await storage.removeTimeline("c1");
        await storage.removeTimeline("c9");
        expect(await storage.timeline("c1")).toBe(null);
        expect(await storage.timeline("c2")).toEqual(timeline("c2", 1));
      }),
    );

    it(
      "are bounded: of more than 200 those that were put longest ago go",
      withStorage(async (storage) => {
        await storage.putTimelines(Array.from({ length: 199 }, (_, at) => timeline(`c${at}`, 1)));
        await storage.putTimelines([timeline("c0", 2), timeline("d1", 1), timeline("d2", 1), timeline("d3", 1)]);
        const there = async (c: string): Promise<boolean> => (await storage.timeline(c)) !== null;
        expect([await there("c1"), await there("c2")]).toEqual([false, false]);
        expect([await there("c3"), await there("c0"), await there("d1"), await there("d3")]).toEqual([
          ...[true, true, true, true],
        ]);
      }),
    );
  });
}

const CALLS: Readonly<Record<string, (storage: ClientStorage) => Promise<unknown>>> = {
  begin: (storage) => storage.begin("alice"),
  putSends: (storage) => storage.putSends([send("x")]),
  removeSends: (storage) => storage.removeSends([{ c: "c1", id: "x" }]),
  sends: (storage) => storage.sends(),
  putInbox: (storage) => storage.putInbox({ rows: [], cursor: null }),
  timeline: (storage) => storage.timeline("c1"),
  putTimelines: (storage) => storage.putTimelines([]),
  removeTimeline: (storage) => storage.removeTimeline("c1"),
  clear: (storage) => storage.clear(),
};

function send(id: string, place = 1): StoredSend {
  return { id, c: "c1", type: "message", body: { text: id }, at: 5, place, poisoned: 0 };
}

function event(seq: number): EventRow {
  return { seq, ord: seq, type: "message", id: `m${seq}`, from: "bob", at: seq, body: { n: seq } };
}

function timeline(c: string, last: number): StoredTimeline {
  const rows = Array.from({ length: last }, (_, at) => event(at + 1));
  return { c, epoch: "e1", last, floor: 1, hasOlder: false, rows };
}

function row(c: string): InboxRow {
  return {
    ...{ c, kind: "group", mode: "push", epoch: "e1", head: 2, ord: 1, delivered: 2, read: 2, unread: 0 },
    ...{ mentions: 0, role: "member", title: "Lunch", meta: { a: 1 }, mute: false, last: event(2) },
  };
}

/** The `code` that a call rejects with, or `"resolved"`: errors are told apart by nothing else. */
async function codeOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (error) {
    return (error as { readonly code?: unknown }).code;
  }
  return "resolved";
}
