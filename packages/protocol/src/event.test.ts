import { expect, it } from "vitest";
import { isVoidRow, type PageRow } from "./event.ts";

it("isVoidRow tells seqs that the user cannot have from events", () => {
  const page: PageRow[] = [
    { type: "void", seq: 1, to: 40 },
    { type: "x-void", seq: 41, ord: 0, from: "u1", at: 1_700_000_000_000 },
    { type: "message", seq: 42, ord: 1, from: "u1", at: 1_700_000_000_000, body: { type: "void", to: 1 } },
  ];
  expect(page.map(isVoidRow)).toEqual([true, false, false]);
});
