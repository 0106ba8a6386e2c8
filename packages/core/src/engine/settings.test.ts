import { describe, expect, it } from "vitest";
import type { Settings } from "../ports/conversation-settings.ts";
import { differing } from "./settings.ts";

const NOW: Settings = {
  mode: "push",
  title: "Lunch",
  meta: { a: 1, b: [2] },
  open: false,
  slow: 0,
  pinned: [3, 2],
  retention: { age: 60_000 },
};

describe("differing", () => {
  it.each([
    [{}, {}],
    [{ title: "Lunch", meta: { b: [2], a: 1 }, open: false, slow: 0, pinned: [3, 2] }, {}],
    [{ title: null, open: false }, { title: null }],
    [{ meta: null }, { meta: null }],
    [{ meta: { a: 1 } }, { meta: { a: 1 } }],
    [{ pinned: [2, 3] }, { pinned: [2, 3] }],
    [{ retention: { age: 60_000 } }, {}],
    [{ retention: { age: 60_000, messages: 1 } }, { retention: { age: 60_000, messages: 1 } }],
    [{ retention: null }, { retention: null }],
    [{ mode: "push" }, {}],
    [{ mode: "pull", title: "Lunch" }, { mode: "pull" }],
    [
      { open: true, slow: 5 },
      { open: true, slow: 5 },
    ],
  ] as const)("of %j is %j", (wanted, changed) => {
    expect(differing(wanted, NOW)).toEqual(changed);
  });
});
