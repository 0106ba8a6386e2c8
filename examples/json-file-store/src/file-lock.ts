import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { ChatError } from "@earshot/core";

/** Lets go of a file that was taken. */
export type Release = () => Promise<void>;

/**
 * Takes a file for this process, by something that the kernel takes back when the process ends, however it
 * ends: a name of a socket (Linux, Windows), or a lock file opened exclusively (macOS, BSD).
 */
export async function takeFile(file: string): Promise<Release> {
  try {
    return process.platform === "linux" || process.platform === "win32" ? await listenOn(file) : await lockFile(file);
  } catch (cause) {
    const held = ["EADDRINUSE", "EAGAIN", "EWOULDBLOCK"].includes((cause as NodeJS.ErrnoException).code ?? "");
    throw held
      ? new ChatError("conflict", "unable to open store; the file is held by another store, here or in another process")
      : new ChatError("unavailable", "unable to open store; the file cannot be locked", { cause, retryAfterMs: 1_000 });
  }
}

async function listenOn(file: string): Promise<Release> {
  const name = `earshot-json-file-${createHash("sha256").update(file).digest("hex")}`;
  const server: Server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(process.platform === "win32" ? `\\\\.\\pipe\\${name}` : `\0${name}`, resolve);
  });
  server.unref();
  return () => new Promise((resolve) => server.close(() => resolve()));
}

/** O_EXLOCK, which Node.js does not name. */
const EXCLUSIVELY = 0x20;

async function lockFile(file: string): Promise<Release> {
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NONBLOCK | EXCLUSIVELY;
  const handle = await open(`${file}.lock`, flags, 0o600);
  return () => handle.close();
}
