import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { type Child, killed, startChild } from "./children/child.ts";

let directory = "";
let file = "";
const children: Child[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-crash-"));
  file = join(directory, "chat.db");
});

afterEach(async () => {
  for (const child of children.splice(0)) await killed(child);
  rmSync(directory, { recursive: true });
});

function start(name: string, ...args: string[]): Child {
  const child = startChild(name, [file, ...args]);
  children.push(child);
  return child;
}

describe("kill -9 in the middle of appends", () => {
  it("I1 I4 I5: the next open has everything acknowledged at its seq, no hole and no duplicate, five times over", async () => {
    const acked = new Map<string, string>();
    for (const [run, batches] of [30, 150, 60, 220, 110].entries()) {
      const child = start("append-forever", `${run}`);
      await child.said(batches);
      await killed(child);
      for (const line of child.lines) {
        for (const entry of line.split(",")) {
          const [c, seq, id = ""] = entry.split(" ");
          acked.set(id, `${c} ${seq}`);
        }
      }

      const store = sqliteStore(file);
      await store.open();
      const stored = new Map<string, string>();
      for (let n = 0; n < 20; n++) {
        const page = await store.range({
          conversation: `c${n}`,
          view: "log",
          after: 0,
          from: "oldest",
          rows: 1e6,
          bytes: 1e9,
        });
        expect(page?.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: page?.head ?? 0 }, (_, at) => at + 1));
        expect(page?.ord).toBe((page?.head ?? 0) - 1);
        for (const { seq, id, body } of page?.rows.slice(1) ?? []) {
          expect(stored.has(id ?? "")).toBe(false);
          expect(body?.["id"]).toBe(id);
          stored.set(id ?? "", `c${n} ${seq}`);
        }
      }
      const lost = [...acked].filter(([id, place]) => stored.get(id) !== place);
      expect(lost).toEqual([]);
      expect(await resend(store, [...acked].slice(-200))).toEqual(new Set(["duplicate"]));
      await store.close();
      // The log is copied into the file and removed: nothing but the database is left.
      expect(readdirSync(directory)).toEqual(["chat.db"]);
    }
    expect(acked.size).toBeGreaterThan(20_000);
  }, 120_000);
});

async function resend(store: ReturnType<typeof sqliteStore>, entries: readonly (readonly [string, string])[]) {
  const results = await store.append(
    entries.map(([id, place]) => {
      const conversation = place.split(" ")[0] ?? "";
      return { conversation, user: "alice", at: 2, type: "message", key: { id, hash: id }, by: ["owner"] } as const;
    }),
  );
  return new Set(results.map(({ kind }) => kind));
}

describe("kill -9 while a database is being made", () => {
  it("leaves nothing that the next open would stumble over, whenever it comes", async () => {
    for (let round = 0; round < 6; round++) {
      const child = start("hold");
      const opened = child.said(1).catch(() => {});
      // From the first trace of a file on, a little later each time.
      while (readdirSync(directory).length === 0) await new Promise((resolve) => setImmediate(resolve));
      await Promise.race([opened, new Promise((resolve) => setTimeout(resolve, round * 2))]);
      await killed(child);
      const store = sqliteStore(file);
      await store.open();
      await store.close();
      expect(readdirSync(directory)).toEqual(["chat.db"]);
      rmSync(file);
    }
  }, 60_000);
});

describe("two processes on one file", () => {
  it("the second is refused with conflict, and the first goes on", async () => {
    const holder = start("hold");
    expect(await holder.said(1)).toEqual(["open"]);
    const second = start("hold");
    const [refusal = ""] = await second.said(1);
    const { code, message } = JSON.parse(refusal) as { code: string; message: string };
    expect(code).toBe("conflict");
    expect(message).toContain(`${file} is in use by another process`);
    await second.ended;
    const third = sqliteStore(file);
    await expect(third.open()).rejects.toMatchObject({ code: "conflict" });
    // A refused open may be repeated: it succeeds as soon as the holder has gone.
    holder.process.stdin?.end();
    await holder.ended;
    await third.open();
    await third.close();
  });

  it("the second is refused with conflict however much the first writes, and reads nothing wrong into it", async () => {
    const writer = start("append-forever", "run");
    await writer.said(5);
    for (let attempt = 0; attempt < 8; attempt++) {
      await expect(sqliteStore(file).open()).rejects.toMatchObject({ code: "conflict" });
    }
    const said = writer.lines.length;
    await writer.said(said + 5);
  }, 60_000);

  it("after kill -9 of the holder the next open succeeds at once", async () => {
    for (let round = 0; round < 3; round++) {
      const holder = start("hold");
      expect(await holder.said(1)).toEqual(["open"]);
      await killed(holder);
      const store = sqliteStore(file);
      await store.open();
      await store.close();
    }
  });

  it("of eight that start at once on no file exactly one has it, and the file is whole", async () => {
    const starting = Array.from({ length: 8 }, () => start("hold"));
    const words = await Promise.all(starting.map(async (child) => (await child.said(1))[0] ?? ""));
    expect(words.filter((word) => word === "open").length).toBe(1);
    for (const word of words) if (word !== "open") expect(JSON.parse(word)).toMatchObject({ code: "conflict" });
    for (const child of starting) child.process.stdin?.end();
    await Promise.all(starting.map((child) => child.ended));
    const store = sqliteStore(file);
    await store.open();
    await store.close();
    expect(readdirSync(directory)).toEqual(["chat.db"]);
  });

  it("two stores of one process are two: the second is refused, and the lock outlives its refusal", async () => {
    const first = sqliteStore(file);
    await first.open();
    await expect(sqliteStore(file).open()).rejects.toMatchObject({ code: "conflict" });
    const other = start("hold");
    expect(JSON.parse((await other.said(1))[0] ?? "")).toMatchObject({ code: "conflict" });
    await first.ping();
    await first.close();
  });
});
