import { describe, expect, it } from "vitest";
import { linesOf } from "../testing/line-of.ts";
import { jitter } from "./jitter.ts";

describe("jitter", () => {
  it("shows every message once to everybody who was cut off", { timeout: 60_000 }, async () => {
    const pace = { messages: 8, apartMs: 60, cutEveryMs: 400, cutMs: 150 };
    const [line] = await linesOf(jitter(pace), { n: 20, peers: ["earshot"] });
    const figures = line?.peers["earshot"];
    expect(figures).toMatchObject({ deliveredShare: 1, delivered: 160, shownTwice: 0 });
    expect(Number(figures?.["replays"])).toBeGreaterThan(0);
  });
});
