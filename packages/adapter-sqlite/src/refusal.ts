import type { ErrorCode } from "@earshot/protocol";

/** A refusal as it crosses the threads; the main one makes a `ChatError` of it. */
export interface RefusalText {
  readonly code: ErrorCode;
  readonly message: string;
}

/** Why the worker will not do something, in one sentence that says what to do next. */
export class Refusal extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

/** SQLite's primary result codes that mean something to whoever runs the store (sqlite.org/rescode.html). */
export const SQLITE = {
  busy: 5,
  locked: 6,
  readOnly: 8,
  io: 10,
  corrupt: 11,
  full: 13,
  cannotOpen: 14,
  notADatabase: 26,
};

/** The primary result code of an error that SQLite raised, or null. */
export function sqliteCodeOf(error: unknown): number | null {
  const code = (error as { readonly errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : null;
}

/** Any error of a call on an open file, fit to be told. SQLite's own texts name codes, tables and columns, never content. */
export function refusalOf(error: unknown): RefusalText {
  if (error instanceof Refusal) return { code: error.code, message: error.message };
  const text = error instanceof Error ? error.message : "unknown error";
  const sqlite = sqliteCodeOf(error);
  if (sqlite === SQLITE.full)
    return { code: "unavailable", message: "unable to use store; the disk is full: make room on it" };
  if (sqlite === SQLITE.corrupt || sqlite === SQLITE.notADatabase) {
    return { code: "internal", message: "unable to use store; its file is damaged: put back a whole copy of it" };
  }
  if (sqlite !== null) return { code: "unavailable", message: `unable to use store; SQLite says: ${text}` };
  return { code: "internal", message: `unable to use store; ${text}` };
}
