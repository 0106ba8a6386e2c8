import { describe, expect, it } from "vitest";
import { linesOf } from "../testing/line-of.ts";
import { slow } from "./slow.ts";

describe("slow", () => {
  it("delivers everything to those who read, with some who do not", { timeout: 60_000 }, async () => {
    const times = { bodyChars: 100, warmMs: 50, withoutMs: 100, withMs: 200 };
    const [line] = await linesOf(slow(times), { n: 100, rate: 50 });
    expect(line?.parameters).toMatchObject({ members: 100, stopped: 1 });
    expect(line?.peers["earshot"]).toMatchObject({ p99Times: expect.any(Number), rssGrowthBytes: expect.any(Number) });
  });
});
