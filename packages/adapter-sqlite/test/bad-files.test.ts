import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ChatError } from "@earshot/protocol";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sqliteStore } from "../src/index.ts";
import { migrations } from "../src/migrations/index.ts";
import { killed, startChild } from "./children/child.ts";

let directory = "";
let file = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earshot-files-"));
  file = join(directory, "chat.db");
});

afterEach(() => rmSync(directory, { recursive: true }));

/** The refusal of an open: one sentence, which names the file. */
async function refusal(path = file): Promise<{ code: string; message: string }> {
  const store = sqliteStore(path);
  const error = await store.open().then(
    () => null,
    (thrown: unknown) => thrown,
  );
  await store.close();
  if (!(error instanceof ChatError)) throw new Error(`expected a ChatError, got ${String(error)}`);
  expect(error.message).toMatch(/^unable to open store; [^\n]+: [^\n]+$/);
  expect(error.message).toContain(path);
  return { code: error.code, message: error.message };
}

/** What a refused open may not touch: every file of the directory, byte by byte. */
function contents(): Record<string, string> {
  const names = readdirSync(directory).filter((name) => statSync(join(directory, name)).isFile());
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(directory, name), "latin1")]));
}

async function expectRefused(code: string, words: string): Promise<void> {
  const before = contents();
  const refused = await refusal();
  expect(refused).toMatchObject({ code });
  expect(refused.message).toContain(words);
  expect(contents()).toEqual(before);
}

/** A database of a megabyte that was closed in order. */
async function makeDatabase(): Promise<void> {
  const store = sqliteStore(file);
  await store.open();
  const members = [["alice", "owner"]] as const;
  const about = {
    id: "c1",
    kind: "group",
    mode: "push",
    epoch: "e1",
    creator: "alice",
    at: 1,
    title: null,
    meta: null,
  } as const;
  await store.create({
    ...about,
    open: false,
    wholeHistory: false,
    members,
    first: [{ type: "meta", body: { members } }],
  });
  const body = { text: "x".repeat(2_000) };
  await store.append(
    Array.from(
      { length: 500 },
      () => ({ conversation: "c1", user: "alice", at: 1, type: "message", body, by: ["owner"] }) as const,
    ),
  );
  await store.close();
}

async function headOf(path = file): Promise<number | undefined> {
  const store = sqliteStore(path);
  await store.open();
  const page = await store.range({
    conversation: "c1",
    view: "log",
    after: 0,
    from: "oldest",
    rows: 1_000,
    bytes: 1e9,
  });
  await store.close();
  return page?.rows.length;
}

/** A database whose newest entries stand in the log alone, as kill -9 leaves it. */
async function makeKilledDatabase(batches: number): Promise<void> {
  const child = startChild("append-forever", [file, "run"]);
  await child.said(batches);
  await killed(child);
  expect(statSync(`${file}-wal`).size).toBeGreaterThan(0);
}

describe("a place for a new database", () => {
  it("is made, with every directory on the way", async () => {
    const deep = join(directory, "a", "b", "chat.db");
    const store = sqliteStore(deep);
    await store.open();
    await store.close();
    expect(statSync(deep).size).toBeGreaterThan(0);
  });

  it("may hold what a killed creation has left", async () => {
    writeFileSync(`${file}.unfinished-1-abc`, "half");
    writeFileSync(`${file}.unfinished-1-abc-journal`, "half");
    const store = sqliteStore(file);
    await store.open();
    await store.close();
    expect(readdirSync(directory)).toEqual(["chat.db"]);
  });

  it("is refused where a directory has the name, or a file stands for a directory", async () => {
    mkdirSync(file);
    expect(await refusal()).toMatchObject({ code: "invalid" });
    writeFileSync(join(directory, "plain"), "text");
    expect(await refusal(join(directory, "plain", "chat.db"))).toMatchObject({ code: "unavailable" });
  });

  it("is refused while the log of a lost database lies there, and the log stays", async () => {
    await makeKilledDatabase(5);
    renameSync(file, `${file}.moved`);
    await expectRefused("invalid", "its log");
    renameSync(`${file}.moved`, file);
    const store = sqliteStore(file);
    await store.open();
    await store.close();
  });

  it("is refused without the right to write there", async () => {
    mkdirSync(join(directory, "closed"), { mode: 0o555 });
    const { code, message } = await refusedToNobody(join(directory, "closed", "chat.db"));
    expect(code).toBe("unavailable");
    expect(message).toContain("cannot be created (");
    expect(message).toContain(join(directory, "closed"));
  });

  it("is never memory, nor nameless", () => {
    for (const path of [":memory:", ""]) expect(() => sqliteStore(path)).toThrow(/memoryStore/);
  });
});

describe("a file that is no database of ours", () => {
  it("is refused with invalid and left as it is: text, another application's, a newer one's", async () => {
    writeFileSync(file, "This is a diary, and not a database.\n".repeat(500));
    await expectRefused("invalid", "is no database");

    rmSync(file);
    const other = new DatabaseSync(file);
    other.exec("CREATE TABLE theirs (a); PRAGMA user_version = 1");
    other.close();
    await expectRefused("invalid", "another application's");

    rmSync(file);
    await makeDatabase();
    const newer = new DatabaseSync(file);
    newer.exec("PRAGMA user_version = 99");
    newer.close();
    await expectRefused(
      "invalid",
      `has schema 99 and this version knows ${migrations.length}: upgrade @earshot/adapter-sqlite`,
    );
    const known = new DatabaseSync(file);
    known.exec(`PRAGMA user_version = ${migrations.length}`);
    known.close();
    expect(await headOf()).toBe(501);
  });

  it("is refused with invalid where it is empty or nearly so, with a log beside it or without", async () => {
    for (const text of ["", "S", "short"]) {
      writeFileSync(file, text);
      await expectRefused("invalid", "is truncated");
    }
    rmSync(file);
    await makeKilledDatabase(5);
    truncateSync(file, 0);
    await expectRefused("invalid", "is truncated");
  });
});

describe("a truncated database", () => {
  it("is refused wherever it was cut, and opens again once it is whole", async () => {
    await makeDatabase();
    const whole = `${file}.whole`;
    copyFileSync(file, whole);
    const { size } = statSync(file);
    const cuts = [1, 50, 100, 4_095, 4_096, 4_097, 8_192, Math.floor(size / 2), size - 4_096, size - 4_095, size - 1];
    for (const cut of cuts) {
      truncateSync(file, cut);
      await expectRefused("invalid", "is truncated");
      copyFileSync(whole, file);
    }
    expect(await headOf()).toBe(501);
  });

  it("is refused after a kill -9 too, and its log stays beside it", async () => {
    // More than the log takes before it is copied into the file: the file has pages that the log has not.
    await makeKilledDatabase(400);
    const whole = contents();
    const { size } = statSync(file);
    expect(size).toBeGreaterThan(2 ** 20);
    for (const cut of [4_096, 8_191, 2 ** 19, 2 ** 20]) {
      truncateSync(file, cut);
      await expectRefused("invalid", "is truncated");
      for (const [name, text] of Object.entries(whole)) writeFileSync(join(directory, name), text, "latin1");
    }
    const store = sqliteStore(file);
    await store.open();
    expect((await store.row("alice", "c0"))?.head).toBeGreaterThan(1);
    await store.close();
  }, 60_000);

  it("is whole as long as the log has what the file lacks", async () => {
    await makeKilledDatabase(3);
    // Nothing was copied yet: the file is as it was made, and the log has the rest.
    const store = sqliteStore(file);
    await store.open();
    expect((await store.row("alice", "c0"))?.head).toBeGreaterThan(1);
    await store.close();
  });

  it("with garbage behind its end is no truncated one", async () => {
    await makeDatabase();
    appendFileSync(file, "x".repeat(5_000));
    expect(await headOf()).toBe(501);
  });
});

describe("rights and links", () => {
  it("a file or directory that may not be written is refused with unavailable, and nothing is lost", async () => {
    await makeDatabase();
    chmodSync(file, 0o444);
    const onFile = await refusedToNobody(file);
    expect(onFile.code).toBe("unavailable");
    expect(onFile.message).toContain(`${file} is not writable (EACCES)`);
    chmodSync(file, 0o666);
    chmodSync(directory, 0o555);
    const onDirectory = await refusedToNobody(file, false);
    expect(onDirectory.code).toBe("unavailable");
    expect(onDirectory.message).toContain(`the directory ${directory} is not writable (EACCES)`);
    chmodSync(directory, 0o755);
    expect(await headOf()).toBe(501);
  });

  it("a link leads to its file, whose log lies beside the file", async () => {
    await makeDatabase();
    const link = join(directory, "link.db");
    symlinkSync(file, link);
    expect(await headOf(link)).toBe(501);
    const store = sqliteStore(link);
    await store.open();
    await expect(sqliteStore(file).open()).rejects.toMatchObject({ code: "conflict" });
    expect(existsSync(`${file}-wal`)).toBe(true);
    await store.close();
    symlinkSync(join(directory, "nowhere.db"), join(directory, "dangling.db"));
    expect(await refusal(join(directory, "dangling.db"))).toMatchObject({ code: "unavailable" });
  });
});

/** How an open ends for a user without rights: root may write anywhere. */
async function refusedToNobody(path: string, own = true): Promise<{ code: string; message: string }> {
  const root = process.getuid?.() === 0;
  if (root && own) chownSync(directory, 65_534, 65_534);
  const child = startChild("hold", [path], root ? { uid: 65_534, gid: 65_534 } : {});
  const [word = ""] = await child.said(1);
  child.process.stdin?.end();
  await child.ended;
  if (root) chownSync(directory, 0, 0);
  return JSON.parse(word) as { code: string; message: string };
}
