import { describe, expect, it } from "vitest";
import { heldAgainst } from "./open-seeds.ts";
import type { TaskResult } from "./seed-result.ts";

const red = (name: string) => ({ name }) as TaskResult;

describe("heldAgainst", () => {
  it("tells what is news from what is known, and what is mended", () => {
    const known = { "3": "why", "5": "why", "900": "why" };
    const held = heldAgainst([red("3"), red("7")], (name) => Number(name) <= 100, known);
    expect(held).toEqual({ unexpected: [{ name: "7" }], open: ["3"], healed: ["5"] });
  });
});
