import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { deferred } from "../testing/deferred.ts";
import { SharedVerdicts } from "./shared-verdicts.ts";

describe("SharedVerdicts", () => {
  it("I3: asks once about copies that are here together, also about one that comes when the first has its word", async () => {
    const verdicts = new SharedVerdicts<string>();
    const asked: string[] = [];
    const ask = (word: string) => () => {
      asked.push(word);
      return Promise.resolve(word);
    };
    const [first, other] = [verdicts.join("a", ask("yes")), verdicts.join("b", ask("no"))];
    expect(await first.outcome).toBe("yes");
    const second = verdicts.join("a", ask("changed"));
    first.leave();
    const third = verdicts.join("a", ask("changed"));
    expect([await second.outcome, await third.outcome, await other.outcome]).toEqual(["yes", "yes", "no"]);
    for (const { leave } of [second, third, other]) leave();
    expect([asked, verdicts.size]).toEqual([["yes", "no"], 0]);
    expect(await verdicts.join("a", ask("anew")).outcome).toBe("anew");
  });

  it("I3: holds a refusal for good until all copies are answered, and one with a wait no longer than it is on its way", async () => {
    const verdicts = new SharedVerdicts<string>();
    const never = deferred<string>();
    const refusals = [new ChatError("forbidden", "no"), new ChatError("unavailable", "later", { retryAfterMs: 10 })];
    for (const refusal of refusals) {
      const first = verdicts.join("a", () => Promise.reject(refusal));
      await expect(first.outcome).rejects.toBe(refusal);
      const second = verdicts.join("a", () => never.promise);
      expect(second.outcome === first.outcome).toBe(refusal.retryAfterMs === undefined);
      first.leave();
      expect(verdicts.size).toBe(1);
      second.leave();
      expect(verdicts.size).toBe(0);
    }
  });
});
