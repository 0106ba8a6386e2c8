import { ChatError, isChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { Changes } from "./changes.ts";

const codeOf = (error: unknown): unknown => (isChatError(error) ? error.code : String(error));

describe("Changes", () => {
  it("tries anew while others come between, and gives up with a wait", async () => {
    const changes = new Changes({ changesWaitingMax: 5 });
    let tries = 0;
    expect(await changes.decide("c1", "change it", async () => (++tries < 3 ? null : "done"))).toBe("done");
    expect(tries).toBe(3);
    const never = changes.decide("c1", "change it", async () => null);
    await expect(never).rejects.toMatchObject({ code: "unavailable", retryAfterMs: expect.any(Number) });
  });

  it("lets those of one conversation take turns, in the order given, and those of others pass", async () => {
    const changes = new Changes({ changesWaitingMax: 100 });
    const order: string[] = [];
    const gates: (() => void)[] = [];
    const slow = changes.decide("c1", "change it", async () => {
      await new Promise<void>((resolve) => gates.push(resolve));
      order.push("c1 first");
      return true;
    });
    const behind = [1, 2, 3].map((n) => changes.decide("c1", "change it", async () => order.push(`c1 ${n}`)));
    await changes.decide("c2", "change it", async () => order.push("c2"));
    gates[0]?.();
    await Promise.all([slow, ...behind]);
    expect(order).toEqual(["c2", "c1 first", "c1 1", "c1 2", "c1 3"]);
  });

  it("goes on after one that failed, and remembers nothing when all are done", async () => {
    const changes = new Changes({ changesWaitingMax: 100 });
    const failing = changes.decide("c1", "change it", async () => {
      throw new ChatError("forbidden", "no");
    });
    const next = changes.decide("c1", "change it", async () => "done");
    expect([await failing.catch(codeOf), await next]).toEqual(["forbidden", "done"]);
    expect(changes.size).toBe(0);
  });

  it("refuses with a wait what would wait behind too many", async () => {
    const changes = new Changes({ changesWaitingMax: 2 });
    const waiting = [1, 2].map(() => changes.decide("c1", "change it", async () => true));
    const over = changes.decide("c1", "change it", async () => true).catch(codeOf);
    expect(await over).toBe("unavailable");
    await Promise.all(waiting);
    expect(await changes.decide("c1", "change it", async () => true)).toBe(true);
  });
});
