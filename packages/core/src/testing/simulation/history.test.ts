import { describe, expect, it } from "vitest";
import { History } from "./history.ts";
import type { HistoryLine } from "./history-line.ts";

const line = (t: number): HistoryLine => ({ t, p: "sim", ev: "heal" });

function hashOf(...lines: readonly HistoryLine[]): string {
  const history = new History();
  for (const each of lines) history.add(each);
  return history.hash;
}

describe("History", () => {
  it("I28: has one hash for one history, whenever it is asked for", () => {
    const history = new History();
    history.add(line(1));
    const first = history.hash;
    history.add(line(2));
    expect([first, history.hash]).toEqual([hashOf(line(1)), hashOf(line(1), line(2))]);
    expect(first).toMatch(/^[0-9a-f]{16}$/);
  });

  it("has another for another line, another order, another number of lines", () => {
    const hashes = [
      hashOf(),
      hashOf(line(1)),
      hashOf(line(2)),
      hashOf(line(1), line(2)),
      hashOf(line(2), line(1)),
      hashOf(line(1), line(1)),
    ];
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it("tells ten thousand neighbours apart", () => {
    expect(new Set(Array.from({ length: 10_000 }, (_, t) => hashOf(line(t)))).size).toBe(10_000);
  });
});
