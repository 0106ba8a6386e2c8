import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { isChatError } from "@earshot/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { startChild } from "./children/child.ts";

let directory = "";
let file = "";
const workers: Worker[] = [];
const onWorker = (worker: Worker) => void workers.push(worker);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-thread-"));
  file = join(directory, "chat.db");
  process.on("worker", onWorker);
});

afterEach(() => {
  process.off("worker", onWorker);
  workers.length = 0;
  rmSync(directory, { recursive: true });
});

const members = [["alice", "owner"]] as const;
const group = {
  kind: "group",
  mode: "push",
  creator: "alice",
  at: 1,
  title: null,
  meta: null,
  open: false,
  wholeHistory: false,
} as const;
const group1 = { ...group, id: "c1", epoch: "e1", members, first: [{ type: "meta", body: { members } }] } as const;
const message = (id: string) =>
  ({
    conversation: "c1",
    user: "alice",
    at: 1,
    type: "message",
    body: { id },
    key: { id, hash: id },
    by: ["owner"],
  }) as const;

describe("a thread that dies", () => {
  it("I4 I5: rejects what was in hand with unavailable; the next call finds what was stored, and repeats tell", async () => {
    const store = sqliteStore(file);
    await store.open();
    await store.create(group1);
    const entries = Array.from({ length: 400 }, (_, n) => message(`m${n}`));
    const first = store.append(entries.slice(0, 200));
    const second = store.append(entries.slice(200));
    const ended = Promise.allSettled([first, second]);
    await workers.at(-1)?.terminate();
    for (const settled of await ended) {
      if (settled.status === "fulfilled") continue;
      expect(isChatError(settled.reason) && [settled.reason.code, settled.reason.retryable]).toEqual([
        "unavailable",
        true,
      ]);
    }
    await store.ping();
    const kinds = new Set((await store.append(entries)).map(({ kind }) => kind));
    for (const kind of kinds) expect(["event", "duplicate"]).toContain(kind);
    const page = await store.range({
      conversation: "c1",
      view: "log",
      after: 0,
      from: "oldest",
      rows: 1_000,
      bytes: 1e9,
    });
    expect(page?.rows.map(({ seq }) => seq)).toEqual(Array.from({ length: 401 }, (_, at) => at + 1));
    expect(workers.length).toBe(2);
    await store.close();
  });

  it("leaves a store that can be closed, and a file that opens", async () => {
    const store = sqliteStore(file);
    await store.open();
    await workers.at(-1)?.terminate();
    await store.close();
    const again = sqliteStore(file);
    await again.open();
    await again.close();
  });
});

describe("the process around a thread", () => {
  it("ends by itself although its store was never closed, and what was stored is there", async () => {
    const child = startChild("leave-open", [file]);
    expect(await child.said(1)).toEqual(["value"]);
    await child.ended;
    expect(child.process.exitCode).toBe(0);
    const store = sqliteStore(file);
    await store.open();
    expect(await store.setting("name", () => "other")).toBe("value");
    await store.close();
  });
});

describe("SQLite's warning", () => {
  it("of being experimental is not printed, and the host's own warnings are", async () => {
    const child = startChild("leave-open", [file], { stdio: ["pipe", "pipe", "pipe"] });
    let warnings = "";
    child.process.stderr?.setEncoding("utf8").on("data", (text: string) => {
      warnings += text;
    });
    await child.ended;
    expect(warnings).toContain("a warning of the host's own");
    expect(warnings).not.toContain("SQLite");
  });
});

describe("closing", () => {
  it("while the store still opens waits for that, and leaves it closed", async () => {
    const store = sqliteStore(file);
    const refused = expect(store.open()).rejects.toMatchObject({ code: "closed" });
    await store.close();
    await refused;
    await expect(store.ping()).rejects.toMatchObject({ code: "closed" });
    const again = sqliteStore(file);
    await again.open();
    await again.close();
  });
});

describe("one round", () => {
  it("I10: holds many appends, and one that cannot be written does not fail the others", async () => {
    const store = sqliteStore(file);
    await store.open();
    await store.create(group1);
    const wrong = { ...message("wrong"), at: Number.NaN };
    const results = await Promise.allSettled([
      store.append([message("m1")]),
      store.append([message("m2"), wrong, message("m3")]),
      store.append([message("m4")]),
    ]);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    const page = await store.range({ conversation: "c1", view: "log", after: 1, from: "oldest", rows: 10, bytes: 1e9 });
    expect(page?.rows.map(({ seq, id }) => [seq, id])).toEqual([
      [2, "m1"],
      [3, "m4"],
    ]);
    await store.close();
  });
});
