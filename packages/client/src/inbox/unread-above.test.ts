import { describe, expect, it } from "vitest";
import type { WindowItem } from "../message.ts";
import { unreadAbove } from "./unread-above.ts";

const item = (seq: number, more: object = {}): WindowItem =>
  ({ kind: "message", seq, own: false, body: {}, ...more }) as unknown as WindowItem;
const part = (from: number, to: number, items: readonly WindowItem[]) => ({
  ...{ from, to, items },
  at: (seq: number) => items.filter((each) => (each.seq ?? 0) < seq).length,
});

describe("unreadAbove", () => {
  const items = [
    item(3),
    item(5, { mentions: ["me"] }),
    item(6, { kind: "notice" }),
    item(7, { mentions: "all" }),
    item(8, { mentions: "all", own: true }),
    item(9, { mentions: ["you"] }),
  ];

  it("counts messages above a seq up to the head, and those that name the user", () => {
    expect(unreadAbove(3, part(3, 9, items), 9, "me")).toEqual({ unread: 4, mentions: 2 });
    expect(unreadAbove(5, part(3, 9, items), 7, "me")).toEqual({ unread: 1, mentions: 1 });
    expect(unreadAbove(2, part(3, 9, items), 9, null)).toEqual({ unread: 5, mentions: 1 });
    expect(unreadAbove(9, part(3, 9, items), 9, "me")).toEqual({ unread: 0, mentions: 0 });
  });

  it("counts nothing where a part is missing", () => {
    expect(unreadAbove(1, part(3, 9, items), 9, "me")).toBe(null);
    expect(unreadAbove(3, part(3, 9, items), 10, "me")).toBe(null);
  });
});
