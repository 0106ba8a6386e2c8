import { ChatError, type EventRow, type PresenceFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { Changes, clockWithin } from "../changes.ts";
import type { Ask } from "../ports/gateway.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { PresenceRoom } from "./presence-room.ts";

interface Asked {
  readonly t: string;
  readonly c?: string;
  readonly users?: readonly string[];
}

function make() {
  const clock = new ManualClock();
  const changes = new Changes();
  const asked: Asked[] = [];
  const answers: ((error?: ChatError) => void)[] = [];
  let wanted = 0;
  const ask = ((request: Asked, done: (answer: unknown) => void): void => {
    asked.push(request);
    answers.push((error) => changes.run(() => done(error ?? { t: "presence", users: [] })));
  }) as unknown as Ask;
  const gateway = { open: true, stopped: null, want: () => void wanted++, ask };
  const room = new PresenceRoom({
    ...{ clock: clockWithin(changes, clock), random: new SeededRandom(1), changes, gateway },
  });
  const take = (...users: PresenceFrame["users"]): void => changes.run(() => room.take({ t: "presence", users }));
  const watch = (c: string, user: string): (() => void) => room.of(c, user).subscribe(() => {});
  return { clock, changes, asked, answers, gateway, room, take, watch, wanted: () => wanted };
}
const member = (body: EventRow["body"]): EventRow => ({
  ...{ seq: 9, ord: 8, type: "member", from: "boss", at: 1, body: body ?? {} },
});

describe("PresenceRoom", () => {
  it("asks once for all that is listened to in one turn, a frame a conversation", async () => {
    const { clock, asked, room, take, watch, wanted } = make();
    const live = room.of("c1", "a");
    await clock.advance(1_000);
    expect([asked, wanted(), live.current]).toEqual([[], 0, { status: "unknown", seen: null }]);
    watch("c1", "a");
    watch("c1", "a");
    watch("c1", "b");
    watch("c2", "c");
    await clock.advance(0);
    expect(asked).toEqual([
      { t: "subscribe", c: "c1", users: ["a", "b"] },
      { t: "subscribe", c: "c2", users: ["c"] },
    ]);
    take({ user: "a", status: "online", seen: 5 }, { user: "b", status: "offline", seen: 1_000 });
    expect(live.current).toEqual({ status: "online", seen: null });
    expect(room.of("c1", "b").current).toEqual({ status: "offline", seen: 1_000 });
    expect(room.of("c2", "c").current.status).toBe("unknown");
    expect(wanted()).toBeGreaterThan(0);
  });

  it("names at most 200 users in one frame", async () => {
    const { clock, asked, watch } = make();
    const undos = Array.from({ length: 201 }, (_, at) => watch("c1", `u${at}`));
    await clock.advance(0);
    for (const undo of undos) undo();
    await clock.advance(5_000);
    expect(asked.map(({ t, users }) => [t, users?.length])).toEqual([
      ["subscribe", 200],
      ["subscribe", 1],
      ["unsubscribe", 200],
      ["unsubscribe", 1],
    ]);
  });

  it("lets go 5 s after the last listener, and not of who is listened to again", async () => {
    const { clock, asked, room, take, watch } = make();
    const undo = watch("c1", "a");
    await clock.advance(0);
    take({ user: "a", status: "away" });
    undo();
    await clock.advance(4_999);
    const again = watch("c1", "a");
    await clock.advance(10_000);
    expect([asked.length, clock.pending, room.of("c1", "a").current.status]).toEqual([1, 0, "away"]);
    again();
    await clock.advance(5_000);
    expect(asked.at(-1)).toEqual({ t: "unsubscribe", users: ["a"] });
    expect([clock.pending, room.of("c1", "a").current.status]).toEqual([0, "unknown"]);
    take({ user: "a", status: "online" });
    expect(room.of("c1", "a").current.status).toBe("unknown");
  });

  it("one user watched in two conversations is told once to both, and stays while one is listened to", async () => {
    const { clock, asked, room, take, watch } = make();
    const first = watch("c1", "a");
    watch("c2", "a");
    const seen: string[] = [];
    for (const c of ["c1", "c2"]) room.of(c, "a").subscribe(({ status }) => seen.push(`${c} ${status}`));
    await clock.advance(0);
    take({ user: "a", status: "online" });
    take({ user: "a", status: "online" });
    expect(seen.filter((each) => each === "c1 online").length).toBeGreaterThan(0);
    expect(new Set(seen)).toEqual(new Set(["c1 online", "c2 online"]));
    first();
    await clock.advance(10_000);
    expect(asked.filter(({ t }) => t === "unsubscribe")).toEqual([]);
    expect(room.of("c2", "a").current.status).toBe("online");
  });

  it("I21: while offline nobody's presence is known, and each session is asked anew", async () => {
    const { clock, changes, asked, gateway, room, take, watch } = make();
    watch("c1", "a");
    const gone = watch("c1", "b");
    await clock.advance(0);
    take({ user: "a", status: "online" }, { user: "b", status: "online" });
    gone();
    gateway.open = false;
    changes.run(() => room.lost());
    expect([room.of("c1", "a").current.status, clock.pending]).toEqual(["unknown", 0]);
    watch("c1", "c");
    await clock.advance(10_000);
    expect(asked.length).toBe(1);
    gateway.open = true;
    changes.run(() => room.welcomed());
    expect(asked.slice(1)).toEqual([{ t: "subscribe", c: "c1", users: ["a", "c"] }]);
  });

  it("asks again what may be asked later, and leaves unknown what is refused", async () => {
    const { clock, asked, answers, watch } = make();
    watch("c1", "a");
    await clock.advance(0);
    answers[0]?.(new ChatError("rate_limited", "", { retryAfterMs: 1_000 }));
    await clock.advance(999);
    expect(asked.length).toBe(1);
    await clock.advance(1_000);
    expect(asked.length).toBe(2);
    answers[1]?.(new ChatError("too_large", ""));
    await clock.advance(60_000);
    expect(asked.length).toBe(2);
  });

  it("I21: asks again where no answer came: a watch that nobody confirmed may not stand", async () => {
    const { clock, asked, answers, room, take, watch } = make();
    watch("c1", "a");
    await clock.advance(0);
    answers[0]?.(new ChatError("timeout", ""));
    await clock.advance(10_000);
    expect(asked).toEqual(Array.from({ length: 2 }, () => ({ t: "subscribe", c: "c1", users: ["a"] })));
    answers[1]?.();
    take({ user: "a", status: "online" });
    await clock.advance(60_000);
    expect([asked.length, room.of("c1", "a").current.status]).toEqual([2, "online"]);
  });

  it("I21: in another life of a log whoever is watched is asked for anew", async () => {
    const { clock, changes, asked, room, take, watch } = make();
    const heard = (c: string, epoch: string): void => changes.run(() => room.heard(c, epoch));
    watch("c1", "a");
    watch("c2", "b");
    await clock.advance(0);
    take({ user: "a", status: "offline" }, { user: "b", status: "online" });
    for (const epoch of ["e1", "e1"]) for (const c of ["c1", "c2", "c3"]) heard(c, epoch);
    await clock.advance(100);
    expect(asked.length).toBe(2);
    heard("c1", "e2");
    expect([room.of("c1", "a").current.status, room.of("c2", "b").current.status]).toEqual(["unknown", "online"]);
    await clock.advance(100);
    expect(asked.slice(2)).toEqual([{ t: "subscribe", c: "c1", users: ["a"] }]);
  });

  it("who was blocked is asked for anew", async () => {
    const { clock, changes, asked, room, take, watch } = make();
    watch("c1", "a");
    watch("c2", "a");
    watch("c1", "b");
    await clock.advance(0);
    take({ user: "a", status: "online" }, { user: "b", status: "online" });
    changes.run(() => room.parted("a"));
    expect([room.of("c1", "a").current.status, room.of("c1", "b").current.status]).toEqual(["unknown", "online"]);
    await clock.advance(0);
    expect(asked.slice(2)).toEqual([
      { t: "subscribe", c: "c1", users: ["a"] },
      { t: "subscribe", c: "c2", users: ["a"] },
    ]);
  });

  it("who leaves is not known any more; who comes is asked for", async () => {
    const { clock, changes, asked, room, take, watch } = make();
    watch("c1", "a");
    watch("c2", "a");
    await clock.advance(0);
    take({ user: "a", status: "online" });
    changes.run(() => room.event("c1", member({ members: [["a", null]] })));
    expect(room.of("c1", "a").current.status).toBe("online");
    changes.run(() => room.gone("c2"));
    expect(room.of("c1", "a").current.status).toBe("unknown");
    await clock.advance(100);
    expect(asked.slice(2)).toEqual([
      { t: "subscribe", c: "c1", users: ["a"] },
      { t: "subscribe", c: "c2", users: ["a"] },
    ]);
  });
});
