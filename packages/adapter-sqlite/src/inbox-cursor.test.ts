import { expect, it } from "vitest";
import { formatInboxCursor, parseInboxCursor } from "./inbox-cursor.ts";

const mark = { life: "0123456789abcdef", change: 50 };

it("a cursor that was given out is read as it was", () => {
  for (const cursor of [
    { since: 0, below: null },
    { since: 50, below: 1 },
    { since: 7, below: 51 },
  ]) {
    expect(parseInboxCursor(formatInboxCursor(cursor, mark), mark)).toEqual(cursor);
  }
});

it("a cursor of another file, or of a later state than the file has, is unknown", () => {
  expect(parseInboxCursor(formatInboxCursor({ since: 1, below: null }, { ...mark, life: "f".repeat(16) }), mark)).toBe(
    null,
  );
  // The file was put back from a copy that is older than the cursor.
  expect(parseInboxCursor(formatInboxCursor({ since: 51, below: null }, mark), mark)).toBe(null);
  for (const text of ["", "1", "1..", ".1.0123456789abcdef", "1.1.0123456789ABCDEF", "1e3..0123456789abcdef"]) {
    expect(parseInboxCursor(text, mark), text).toBe(null);
  }
});
