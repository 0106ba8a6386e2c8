import { describe, expect, it } from "vitest";
import { linesOf } from "../testing/line-of.ts";
import { history } from "./history.ts";

describe("history", () => {
  it("reads every message and every conversation, or is void", { timeout: 60_000 }, async () => {
    const [line] = await linesOf(history(120), { stores: ["sqlite"], n: 500 });
    expect(line?.parameters).toMatchObject({ events: 500, conversations: 120 });
    expect(line?.peers["earshot"]).toMatchObject({ oldestP50Ms: expect.any(Number), inboxP50Ms: expect.any(Number) });
  });
});
