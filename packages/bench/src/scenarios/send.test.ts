import { describe, expect, it } from "vitest";
import { linesOf } from "../testing/line-of.ts";
import { send } from "./send.ts";

describe("send", () => {
  it("tells what the engine and the store alone come to, idle and under load", { timeout: 60_000 }, async () => {
    const lines = await linesOf(send({ warmMs: 10, ms: 60, loads: [0, 64] }), { stores: ["sqlite"], n: 3 });
    expect(lines.map(({ parameters }) => [parameters["inFlight"], parameters["pauseMs"]])).toEqual([
      [1, 10],
      [64, 0],
    ]);
    for (const { peers, goals } of lines) {
      expect(Object.keys(peers)).toEqual(["earshot", "bare"]);
      expect(peers["earshot"]).toMatchObject({ messagesPerSecond: expect.any(Number), p99Ms: expect.any(Number) });
      expect(goals).toHaveLength(1);
    }
  });
});
