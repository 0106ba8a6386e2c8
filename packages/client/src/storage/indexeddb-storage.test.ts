import "fake-indexeddb/auto";
import { deleteDB, openDB } from "idb";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { StoredSend } from "../ports/stored.ts";
import { clientStorageSuite } from "../testing/conformance/client-storage.ts";
import { indexedDbStorage } from "./indexeddb-storage.ts";

let made = 0;
const freshName = () => `storage-${++made}`;

const send = (id: string, place = 1): StoredSend => ({
  ...{ id, c: "c1", type: "message", body: { text: id }, at: 5, place, poisoned: 0 },
});

/** One that is open, and alice's. */
async function begun(name = freshName()) {
  const storage = indexedDbStorage({ name });
  await storage.open();
  await storage.begin("alice");
  return { name, storage };
}

/** What is in the database, and how to put something else there. */
async function behind(name: string) {
  const database = await openDB(name);
  const put = (store: string, value: unknown, key?: string) => database.put(store, value, key);
  return { database, put };
}

const row = { c: "c1", kind: "group", epoch: "e1", head: 2, ord: 1, read: 2, unread: 0, mentions: 0, last: null };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("indexedDbStorage", () => {
  clientStorageSuite(
    { describe, it, expect },
    {
      create: async () => {
        const name = freshName();
        return { another: () => indexedDbStorage({ name }), destroy: () => deleteDB(name) };
      },
    },
  );

  it("touches nothing before it is opened, and can be made where there is no database", () => {
    const open = vi.spyOn(indexedDB, "open");
    indexedDbStorage();
    expect(open).not.toHaveBeenCalled();
  });

  it("asks for the disk where a send is at stake, and for less where the log has it all", async () => {
    const transaction = vi.spyOn(IDBDatabase.prototype, "transaction");
    const { storage } = await begun();
    const asked = () => transaction.mock.calls.splice(0).map(([, mode, options]) => [mode, options?.durability]);
    asked();
    await storage.putSends([send("a")]);
    await storage.removeSends([send("a")]);
    await storage.putTimelines([]);
    await storage.putInbox({ rows: [], cursor: null });
    expect(asked()).toEqual([
      ["readwrite", "strict"],
      ["readwrite", "strict"],
      ["readwrite", "relaxed"],
      ["readwrite", "relaxed"],
    ]);
  });

  it("comes back, once, from a connection that the browser has closed", async () => {
    const { storage, name } = await begun();
    await storage.putSends([send("a", 1)]);
    // as Safari does it: the connection is gone, and the first to use it is told
    const transaction = IDBDatabase.prototype.transaction;
    let failures = 1;
    vi.spyOn(IDBDatabase.prototype, "transaction").mockImplementation(function (this: IDBDatabase, ...args) {
      if (failures-- > 0) throw new DOMException("Connection to Indexed Database server lost", "UnknownError");
      return transaction.apply(this, args);
    });
    await storage.putSends([send("b", 2)]);
    expect((await storage.sends()).map(({ id }) => id)).toEqual(["a", "b"]);
    failures = 2;
    await expect(storage.putSends([send("c", 3)])).rejects.toMatchObject({ code: "storage" });
    failures = 0;
    await storage.close();
    expect((await indexedDbStorage({ name }).open())?.sends.length).toBe(2);
  });

  it("says so when there is no more room, and what was stored stays", async () => {
    const { storage, name } = await begun();
    await storage.putSends([send("a")]);
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await expect(storage.putSends([send("b")])).rejects.toMatchObject({
      ...{ code: "storage", message: expect.stringContaining("room") },
    });
    vi.restoreAllMocks();
    await storage.close();
    expect((await indexedDbStorage({ name }).open())?.sends).toEqual([send("a")]);
  });

  it("refuses what a newer version has written, and says what to do", async () => {
    const name = freshName();
    (await openDB(name, 2)).close();
    await expect(indexedDbStorage({ name }).open()).rejects.toMatchObject({
      ...{ code: "storage", message: expect.stringContaining("reload") },
    });
  });

  it("makes way for a newer version of the page, and then refuses", async () => {
    const { storage, name } = await begun();
    const newer = await openDB(name, 2);
    await expect(storage.putSends([send("a")])).rejects.toMatchObject({ code: "storage" });
    newer.close();
  });

  it("refuses a database that is somebody else's", async () => {
    const name = freshName();
    (await openDB(name, 1, { upgrade: (database) => void database.createObjectStore("theirs") })).close();
    await expect(indexedDbStorage({ name }).open()).rejects.toMatchObject({ code: "storage" });
  });

  it("leaves out rows that are broken, alone", async () => {
    const { storage, name } = await begun();
    await storage.putSends([send("a", 1), send("b", 3)]);
    await storage.putTimelines([{ c: "c1", epoch: "e1", last: 1, floor: 1, hasOlder: false, rows: [] }]);
    const { database, put } = await behind(name);
    await put("sends", { ...send("half", 2), poisoned: undefined });
    await put("sends", { ...send("odd", 2), body: "text" });
    await put("sends", { c: "c1", id: "empty", place: 2 });
    await put("timelines", { c: "c2", rank: 9, timeline: { c: "c2", epoch: "e1", last: 1, rows: [{}] } });
    await put("timelines", { c: "c3", rank: 9 });
    await storage.close();
    const again = indexedDbStorage({ name });
    expect((await again.open())?.sends.map(({ id }) => id)).toEqual(["a", "b"]);
    expect((await again.sends()).length).toBe(2);
    expect([await again.timeline("c2"), await again.timeline("c3")]).toEqual([null, null]);
    expect(await again.timeline("c1")).toMatchObject({ last: 1 });
    database.close();
    await again.close();
  });

  it("I7: where a row of the list is lost, its cursor does not count: nothing else would bring the row back", async () => {
    const { storage, name } = await begun();
    const rows = ["c1", "c2"].map((c) => ({ ...row, c })) as never;
    await storage.putInbox({ rows, cursor: "9" });
    const { database, put } = await behind(name);
    await put("inbox", { c: "c2", head: -1 });
    await storage.close();
    const again = indexedDbStorage({ name });
    expect((await again.open())?.inbox).toEqual({ rows: [{ ...row, c: "c1" }], cursor: null });
    await put("inboxMark", { order: "c1" }, "mark");
    await put("user", { no: "user" }, "user");
    await again.close();
    const third = indexedDbStorage({ name });
    expect(await third.open()).toBe(null);
    database.close();
    await third.close();
  });

  it("writes of a list of 5,000 only the rows that have changed", async () => {
    const { storage } = await begun();
    const last = { seq: 1, ord: 1, type: "message", from: "bob", at: 1 } as const;
    const rows = Array.from({ length: 5_000 }, (_, at) => ({ ...row, c: `c${at}`, last })) as never[];
    await storage.putInbox({ rows, cursor: "1" });
    const put = vi.spyOn(IDBObjectStore.prototype, "put");
    // other objects, the same fields
    const next = rows.map((each) => ({ ...(each as typeof row) })) as never[];
    next.unshift({ ...row, c: "c7", last, head: 9 } as never);
    next.splice(8, 1);
    await storage.putInbox({ rows: next, cursor: "2" });
    // the row, and the mark
    expect(put.mock.calls.length).toBe(2);
  });
});
