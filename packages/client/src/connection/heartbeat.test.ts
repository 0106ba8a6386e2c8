import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Heartbeat } from "./heartbeat.ts";

function make() {
  const clock = new ManualClock();
  const at: string[] = [];
  const awaited: { since: number | null } = { since: null };
  const heartbeat = new Heartbeat(clock, 20_000, {
    awaitedSince: () => awaited.since,
    ping: () => {
      at.push(`ping ${clock.monotonic()}`);
      heartbeat.sent();
    },
    dead: (silent) => {
      at.push(`${silent ? "dead" : "deaf"} ${clock.monotonic()}`);
      heartbeat.stop();
    },
  });
  return { clock, at, awaited, heartbeat };
}

describe("Heartbeat", () => {
  it("I24: notices a half-open connection within 30 s when idle", async () => {
    const { clock, at } = make();
    await clock.advance(60_000);
    expect(at).toEqual(["ping 20000", "dead 30000"]);
    expect(clock.pending).toBe(0);
  });

  it("I24: and within 15 s of an unanswered request", async () => {
    const { clock, at, awaited, heartbeat } = make();
    await clock.advance(1_000);
    awaited.since = 1_000;
    heartbeat.sent();
    heartbeat.awaiting();
    await clock.advance(60_000);
    expect(at).toEqual(["ping 6000", "dead 16000"]);
  });

  it("asks again while an answer is missing on a connection that lives", async () => {
    const { clock, at, awaited, heartbeat } = make();
    awaited.since = 0;
    heartbeat.awaiting();
    await clock.advance(5_000);
    await clock.advance(100);
    heartbeat.ponged();
    await clock.advance(5_000);
    expect(at).toEqual(["ping 5000", "ping 10100"]);
  });

  it("I24: gives up a connection that answers pings, and nothing else for 30 s", async () => {
    const { clock, at, awaited, heartbeat } = make();
    await clock.advance(1_000);
    awaited.since = 1_000;
    heartbeat.awaiting();
    for (let pings = 1; pings <= 6; pings++) {
      await clock.advance(5_000);
      heartbeat.ponged();
    }
    expect(at).toEqual(["ping 6000", "ping 11000", "ping 16000", "ping 21000", "ping 26000", "deaf 31000"]);
  });

  it("counts its 30 s anew when something else is the oldest, and asks first after the machine slept", async () => {
    const { clock, at, awaited, heartbeat } = make();
    awaited.since = 0;
    heartbeat.awaiting();
    for (let pings = 1; pings <= 5; pings++) {
      await clock.advance(5_000);
      heartbeat.ponged();
    }
    awaited.since = 20_000;
    await clock.advance(5_000);
    heartbeat.ponged();
    expect(at.at(-1)).toBe("ping 30000");
    await clock.sleep(3_600_000);
    expect(at.at(-1)).toBe("ping 3630000");
  });

  it("pings when nothing was sent for one heartbeat, and when the last pong is 60 s old", async () => {
    const { clock, at, heartbeat } = make();
    for (let second = 1; second <= 70; second++) {
      await clock.advance(1_000);
      heartbeat.sent();
      heartbeat.heard();
    }
    expect(at[0]).toBe("ping 60000");
    heartbeat.ponged();
    await clock.advance(20_000);
    expect(at).toEqual(["ping 60000", "ping 90000"]);
  });

  it("takes any frame for a sign of life", async () => {
    const { clock, at, heartbeat } = make();
    await clock.advance(20_000);
    for (let second = 0; second < 30; second++) {
      await clock.advance(1_000);
      heartbeat.heard();
    }
    expect(at).toEqual(["ping 20000"]);
    await clock.advance(10_000);
    expect(at).toEqual(["ping 20000", "dead 60000"]);
  });

  it("checks when asked to, but not twice at once", async () => {
    const { clock, at, heartbeat } = make();
    await clock.advance(3_000);
    heartbeat.check();
    heartbeat.check();
    await clock.advance(10_000);
    expect(at).toEqual(["ping 3000", "dead 13000"]);
  });

  it("blames nobody for the machine's own sleep: asks afresh", async () => {
    const { clock, at, heartbeat } = make();
    await clock.advance(20_000);
    await clock.sleep(3_600_000);
    expect(at).toEqual(["ping 20000", "ping 3620000"]);
    heartbeat.ponged();
    await clock.advance(15_000);
    expect(at.length).toBe(2);
  });

  it("I24: asks at once when the network is said to be gone, and waits 2 s; whatever comes in is life", async () => {
    const { clock, at, heartbeat } = make();
    await clock.advance(1_000);
    heartbeat.doubt();
    await clock.advance(1_500);
    heartbeat.heard();
    await clock.advance(1_999);
    expect(at).toEqual(["ping 1000"]);
    await clock.advance(1);
    expect(at).toEqual(["ping 1000", "dead 4500"]);
  });

  it("has doubts until an answer comes; the next one has its time again", async () => {
    const { clock, at, heartbeat } = make();
    heartbeat.check();
    await clock.advance(500);
    heartbeat.doubt();
    await clock.advance(1_000);
    heartbeat.ponged();
    await clock.advance(60_000);
    expect(at).toEqual(["ping 0", "ping 500", "ping 20500", "dead 30500"]);
  });
});
