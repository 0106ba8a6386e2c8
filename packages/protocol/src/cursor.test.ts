import { describe, expect, it } from "vitest";
import { cursorPosition } from "./cursor.ts";

describe("cursorPosition", () => {
  it.each([
    ["behind", { epoch: "e1", seq: 0 }, { epoch: "e1", head: 1 }],
    ["behind", { epoch: "e1", seq: 41 }, { epoch: "e1", head: 42 }],
    ["level", { epoch: "e1", seq: 42 }, { epoch: "e1", head: 42 }],
    ["level", { epoch: "e1", seq: 0 }, { epoch: "e1", head: 0 }],
    ["void", { epoch: "e1", seq: 43 }, { epoch: "e1", head: 42 }],
    ["void", { epoch: "e2", seq: 42 }, { epoch: "e1", head: 42 }],
    ["void", { epoch: "e2", seq: 0 }, { epoch: "e1", head: 42 }],
    ["void", { epoch: "E1", seq: 42 }, { epoch: "e1", head: 42 }],
  ] as const)("I16: is %s for %o of %o", (position, cursor, log) => {
    expect(cursorPosition(cursor, log)).toBe(position);
  });
});
