import type { ClientFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { Changes, clockWithin } from "../changes.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { TypingView } from "../typing.ts";
import { TypingRoom } from "./typists.ts";

function make() {
  const clock = new ManualClock();
  const changes = new Changes();
  const told: ClientFrame[] = [];
  const gateway = { open: true };
  const room = new TypingRoom({
    ...{ clock: clockWithin(changes, clock), changes, gateway, user: () => "me" },
    tell: (frame) => told.push(frame),
  });
  const typing = room.of("c1");
  const views: TypingView[] = [];
  const take = (user: string, c = "c1"): void => changes.run(() => room.take({ t: "typing", c, user }));
  const count = (n: number): void => changes.run(() => room.take({ t: "typing", c: "c1", count: n }));
  return { clock, changes, told, gateway, room, typing, views, take, count };
}

describe("TypingRoom", () => {
  it("I20: tells at most every 3 s in one conversation, and nothing while offline", async () => {
    const { clock, told, gateway, room, typing } = make();
    gateway.open = false;
    typing.press();
    expect(told).toEqual([]);
    gateway.open = true;
    for (let ms = 0; ms < 9_000; ms += 100) {
      typing.press();
      if (ms === 0) room.of("c2").press();
      await clock.advance(100);
    }
    expect(told.filter((frame) => frame.t === "typing" && frame.c === "c1").length).toBe(3);
    expect(told).toContainEqual({ t: "typing", c: "c2" });
    expect(clock.pending).toBe(0);
  });

  it("I20: shows each for 5 s after the last sign, in the order in which they began, by one timer", async () => {
    const { clock, typing, take } = make();
    const seen: (readonly [number, string])[] = [];
    typing.subscribe(({ users, count }) => seen.push([clock.monotonic(), `${users} ${count}`]));
    take("a");
    await clock.advance(2_000);
    take("b");
    await clock.advance(1_000);
    take("a");
    expect(clock.pending).toBe(1);
    await clock.advance(20_000);
    expect(seen).toEqual([
      [0, "a 1"],
      [2_000, "a,b 2"],
      [7_000, "a 1"],
      [8_000, " 0"],
    ]);
    expect([clock.pending, typing.current.users]).toEqual([0, []]);
  });

  it("ends with what was typed, and with the session", async () => {
    const { clock, changes, room, typing, take } = make();
    take("a");
    take("b");
    changes.run(() => room.wrote("c1", "a"));
    changes.run(() => room.wrote("c1", "nobody"));
    expect(typing.current.users).toEqual(["b"]);
    changes.run(() => room.lost());
    expect([typing.current.count, clock.pending]).toEqual([0, 0]);
  });

  it("never shows the user, and keeps conversations apart", () => {
    const { room, typing, take } = make();
    take("me");
    take("a", "c2");
    expect(typing.current).toEqual({ users: [], count: 0 });
    expect(room.of("c2").current.users).toEqual(["a"]);
    expect(room.of("c2").current).toBe(room.of("c2").current);
  });

  it("counts in large conversations", async () => {
    const { clock, typing, count } = make();
    count(14);
    expect(typing.current).toEqual({ users: [], count: 14 });
    await clock.advance(4_000);
    count(3);
    await clock.advance(4_999);
    expect(typing.current.count).toBe(3);
    await clock.advance(1);
    expect([typing.current.count, clock.pending]).toEqual([0, 0]);
  });

  it("names no more than 100", () => {
    const { typing, take } = make();
    for (let at = 0; at < 150; at++) take(`u${at}`);
    expect(typing.current.count).toBe(100);
  });
});
