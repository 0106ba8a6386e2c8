import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { jsonFileStore } from "../src/json-file-store.ts";

const ROOT = join(import.meta.dirname, "../../..");

describe("the file", () => {
  let folder: string;
  let file: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(ROOT, "node_modules/.cache/json-file-store-"));
    file = join(folder, "chat.json");
  });
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });

  /** A process that appends, killed in the middle of it: the last seq it was told. */
  async function toldUntilKilled(answers: number): Promise<number> {
    const script = join(import.meta.dirname, "children/appends.ts");
    const child = spawn(process.execPath, ["--conditions=@earshot/source", script, file], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const exited = once(child, "exit");
    let told = 0;
    for await (const line of createInterface({ input: child.stdout })) {
      told = Number(line);
      if (--answers === 0) {
        await expect(jsonFileStore({ file }).open()).rejects.toMatchObject({ code: "conflict" });
        child.kill("SIGKILL");
      }
    }
    await exited;
    return told;
  }

  it("I1 I5: holds all that was told, once, when its process was killed in the middle; another may open it only then", async () => {
    for (let kill = 0; kill < 3; kill++) {
      const told = await toldUntilKilled(20 + kill);
      const store = jsonFileStore({ file });
      await store.open();
      const page = await store.range({ conversation: "c", view: "log", from: "oldest", rows: 1_000, bytes: 1_000_000 });
      await store.close();
      const seqs = page?.rows.map(({ seq }) => seq) ?? [];
      expect(seqs).toEqual(seqs.map((_, index) => index + 1));
      expect(new Set(page?.rows.map(({ id }) => id)).size).toBe(seqs.length);
      // What was decided last may be there though nobody was told.
      expect([told, told + 1]).toContain(seqs.length);
    }
  });

  const DAMAGED = "unable to open store; the file is damaged, or no message store";

  it.each([
    ["half a file", (text: string) => text.slice(0, -20), DAMAGED],
    ["nothing", () => "", DAMAGED],
    ["another letter", (text: string) => text.replace('"store"', '"stone"'), DAMAGED],
    [
      "a newer format",
      (text: string) => text.replace('"format":1', '"format":2'),
      "unable to open store; the file is of format 2, and this version reads up to 1",
    ],
  ])("with %s in it is refused in one sentence, and stays as it is", async (_, spoil, message) => {
    const first = jsonFileStore({ file });
    await first.open();
    await first.close();
    const spoilt = spoil(await readFile(file, "utf8"));
    await writeFile(file, spoilt);

    const store = jsonFileStore({ file });
    await expect(store.open()).rejects.toMatchObject({ name: "ChatError", code: "invalid", message });
    expect(await readFile(file, "utf8")).toBe(spoilt);

    await rm(file);
    await store.open();
    await store.close();
  });

  it("that cannot be written answers `unavailable`, and nobody reads what it does not hold", async () => {
    const store = jsonFileStore({ file });
    await store.open();
    await store.block("a", "b", true);
    await rm(folder, { recursive: true });
    await expect(store.ping()).rejects.toMatchObject({ code: "unavailable", retryable: true });
    await expect(store.block("a", "c", true)).rejects.toMatchObject({ code: "unavailable", retryable: true });
    await expect(store.blocked("a", ["c"])).rejects.toMatchObject({ code: "unavailable" });
    await mkdir(folder);
    expect(await store.blocked("a", ["b", "c"])).toEqual([true, true]);
    await store.close();
    expect(await readFile(file, "utf8")).toContain('"blocks":[["a",["b","c"]]]');
  });
});
