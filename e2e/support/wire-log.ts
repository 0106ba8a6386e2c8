import { expect } from "vitest";
import type { WireClient } from "./wire-client.ts";
import type { Frame, Row } from "./wire-frame.ts";

/** The last seq that a row of an `after` page stands for. */
export function lastSeqOf(row: Row): number {
  return row.type === "void" ? (row.to ?? Number.NaN) : row.seq;
}

/** Holds a page to what every `after` page promises: rows and voids cover `from`…`to`, oldest first, without a gap. */
export function expectWholePage(page: Frame, after: number): void {
  expect(page.from, "a page begins behind its cursor").toBe(after + 1);
  let last = after;
  for (const row of page.events ?? []) {
    expect(row.seq, `the row behind seq ${last}`).toBe(last + 1);
    last = lastSeqOf(row);
  }
  expect(page.to, "a page ends with its last row").toBe(last);
  expect(page.head, "the head is not below the page").toBeGreaterThanOrEqual(last);
  if (page.more !== true) expect(page.to, "without `more` a page reaches the head").toBe(page.head);
}

/** Pages the whole log behind `after`, each page held to its promises: its rows, in the order of the log. */
export async function readLog(client: WireClient, c: string, after = 0): Promise<Row[]> {
  const rows: Row[] = [];
  let last = after;
  for (;;) {
    const page = await client.ask({ t: "fetch", c, after: last, limit: 200 });
    expect(page, "a fetch is answered with events").toMatchObject({ t: "events", c });
    expectWholePage(page, last);
    rows.push(...(page.events ?? []));
    if (page.more !== true) return rows;
    expect(page.to ?? 0, "a page with `more` makes headway").toBeGreaterThan(last);
    last = page.to ?? last;
  }
}

/** The integers from `from` to `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => from + index);
}

export function seqsOf(frames: readonly { readonly seq?: number }[]): (number | undefined)[] {
  return frames.map((frame) => frame.seq);
}

export function textsOf(frames: readonly { readonly body?: Readonly<Record<string, unknown>> }[]): unknown[] {
  return frames.map((frame) => frame.body?.["text"]);
}

export async function sleep(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
