import { open, readFile, realpath, rename, statfs } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ChatError } from "@earshot/core";
import type { Durability } from "@earshot/protocol";

/** Where a file really is, so that one file has one name. */
export async function placeOf(file: string): Promise<string> {
  try {
    return await realpath(file).catch(async () => join(await realpath(dirname(file)), basename(file)));
  } catch (cause) {
    throw new ChatError("unavailable", "unable to open store; its folder cannot be read", {
      cause,
      retryAfterMs: 1_000,
    });
  }
}

/** The text of a file; null where there is none. */
export async function textIn(file: string): Promise<string | null> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new ChatError("unavailable", "unable to open store; the file cannot be read", { cause, retryAfterMs: 1_000 });
  }
}

/** Puts a text in the file's place: whoever reads it, after whatever crash, has the old one or the new one, whole. */
export async function replaceText(file: string, text: string): Promise<void> {
  const beside = `${file}.tmp`;
  const handle = await open(beside, "w", 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(beside, file);
  await syncFolder(dirname(file));
}

async function syncFolder(folder: string): Promise<void> {
  // Windows opens no folders, and NTFS keeps renames in order by itself.
  if (process.platform === "win32") return;
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Linux's numbers for file systems in memory: what is fsynced there survives the process, not the power. */
const IN_MEMORY = [0x01021994, 0x858458f6];

export async function durabilityIn(folder: string): Promise<Durability> {
  const { type } = await statfs(folder);
  return process.platform === "linux" && IN_MEMORY.includes(type) ? "process" : "fsync";
}
