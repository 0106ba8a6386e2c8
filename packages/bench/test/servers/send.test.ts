import { describe, expect, it } from "vitest";
import { send } from "../../src/scenarios/send.ts";
import { linesOf } from "../../src/testing/line-of.ts";

describe("send", () => {
  it("also tells what a transaction a message comes to, on Postgres", async () => {
    const [line] = await linesOf(send({ warmMs: 10, ms: 60, loads: [0, 64] }), { stores: ["postgres"], n: 1 });
    expect(Object.keys(line?.peers ?? {})).toEqual(["earshot", "bare", "transactions"]);
    expect(Number(line?.peers["transactions"]?.["messagesPerSecond"])).toBeGreaterThan(0);
  });
});
