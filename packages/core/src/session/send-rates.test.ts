import { describe, expect, it } from "vitest";
import { SendRates } from "./send-rates.ts";

const LIMITS = {
  sendsPerSecondMax: 10,
  sendsPerSecondPerUserMax: 20,
  sendsPerSecondPerConversationMax: 30,
  sendBurstSeconds: 3,
  rememberedMax: 100,
};

/** How many of `tries` sends pass at one moment. */
function passing(tries: number, take: () => number): number {
  let passed = 0;
  for (let attempt = 0; attempt < tries; attempt++) if (take() === 0) passed++;
  return passed;
}

describe("SendRates", () => {
  it("I23: bounds a connection by a burst of three seconds' worth", () => {
    const rates = new SendRates(LIMITS);
    const connection = rates.connection(0);
    expect(passing(100, () => rates.take(connection, "alice", "c1", 0))).toBe(30);
    expect(passing(100, () => rates.take(connection, "alice", "c1", 1_000))).toBe(10);
  });

  it("I23: bounds a user over all connections", () => {
    const rates = new SendRates(LIMITS);
    const sum = [1, 2, 3].reduce((passed, device) => {
      const connection = rates.connection(0);
      return passed + passing(100, () => rates.take(connection, "alice", `c${device}`, 0));
    }, 0);
    expect(sum).toBe(60);
  });

  it("I23: bounds a conversation over all users, also over HTTP", () => {
    const rates = new SendRates(LIMITS);
    const sum = ["alice", "bob", "carol"].reduce(
      (passed, user) => passed + passing(100, () => rates.take(null, user, "c1", 0)),
      0,
    );
    expect(sum).toBe(90);
  });

  it("charges nobody for what is refused", () => {
    const rates = new SendRates(LIMITS);
    const flooder = rates.connection(0);
    passing(1_000, () => rates.take(flooder, "mallory", "c1", 0));
    // What mallory was refused has not used up the conversation's share.
    expect(passing(100, () => rates.take(null, "alice", "c1", 0))).toBe(60);
  });

  it("tells how long until all of them let it pass", () => {
    const rates = new SendRates(LIMITS);
    const connection = rates.connection(0);
    passing(30, () => rates.take(connection, "alice", "c1", 0));
    const wait = rates.take(connection, "alice", "c1", 0);
    expect(wait, "room for more than the one").toBe(200);
    expect(passing(10, () => rates.take(connection, "alice", "c1", wait))).toBe(2);
    expect(new SendRates({ ...LIMITS, sendsPerSecondMax: 1, sendBurstSeconds: 1 }).take(null, "bob", "c2", 0)).toBe(0);
    const slow = new SendRates({ ...LIMITS, sendsPerSecondPerUserMax: 1, sendBurstSeconds: 1 });
    expect([slow.take(null, "bob", "c2", 0), slow.take(null, "bob", "c2", 0)], "the wait itself").toEqual([0, 1_000]);
  });

  it("remembers no more users than it may", () => {
    const rates = new SendRates({ ...LIMITS, rememberedMax: 2 });
    expect(passing(100, () => rates.take(null, "alice", "c1", 0))).toBe(60);
    for (const user of ["bob", "carol"]) rates.take(null, user, "c2", 0);
    // Forgotten: has its whole burst again, within what the conversation still lets pass.
    expect(passing(100, () => rates.take(null, "alice", "c3", 0))).toBe(60);
  });
});
