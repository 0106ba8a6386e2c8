import type { Settings } from "./settings.ts";

/** Codes of the operating system, in the words of the one who has to do something about them. */
const SENTENCES: Readonly<Record<string, (settings: Settings) => string>> = {
  EADDRINUSE: ({ host, port }) =>
    `${host}:${port} is taken by another program; stop that one or set PORT to a free port`,
  EADDRNOTAVAIL: ({ host }) => `${host} is not an address of this machine; set HOST to one that is`,
  ENOTFOUND: ({ host }) => `${host} is not a known host name; set HOST to an address of this machine`,
  EACCES: ({ dataDir, port }) =>
    `permission denied; DATA_DIR (${dataDir}) must be writable, and PORT (${port}) may need rights when below 1024`,
  EPERM: ({ dataDir }) => `DATA_DIR (${dataDir}) may not be written by this user`,
  EROFS: ({ dataDir }) => `DATA_DIR (${dataDir}) is on a read-only file system`,
  ENOSPC: ({ dataDir }) => `the disk of DATA_DIR (${dataDir}) is full`,
  EEXIST: ({ dataDir }) => `DATA_DIR (${dataDir}) is a file or lies below one; it must be a directory`,
  ENOTDIR: ({ dataDir }) => `DATA_DIR (${dataDir}) lies below a file; it must be a directory`,
  ENOENT: ({ dataDir }) => `DATA_DIR (${dataDir}) cannot be made there`,
};

/** One sentence about why the server did not start, for a person, without a stack. */
export function startFailure(error: unknown, settings: Settings | null): string {
  const sentence = settings === null ? undefined : SENTENCES[codeOf(error)]?.(settings);
  const reason = sentence ?? firstLineOf(error);
  return `Earshot quickstart did not start: ${reason.replace(/\.$/, "")}.`;
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

function firstLineOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n", 1)[0] ?? "unknown failure";
}
