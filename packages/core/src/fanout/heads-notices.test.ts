import type { GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode } from "../codec/encode.ts";
import type { EncodedFrames } from "../ports/transport.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { HeadsNotices } from "./heads-notices.ts";

class Session {
  readonly user: string;
  readonly heard: { at: number; heads: unknown }[] = [];
  readonly #clock: ManualClock;
  constructor(user: string, clock: ManualClock) {
    this.user = user;
    this.#clock = clock;
  }
  tell({ texts }: EncodedFrames): void {
    for (const text of texts) this.heard.push({ at: this.#clock.monotonic(), heads: JSON.parse(text).heads });
  }
  get heads(): unknown[] {
    return this.heard.map(({ heads }) => heads);
  }
}

function scene(headsPerSessionMax = 10) {
  const clock = new ManualClock();
  const subscribed = new Set<string>();
  let encoded = 0;
  const notices = new HeadsNotices<Session>({
    clock,
    limits: { headsApartMs: 2_000, headsPerSessionMax },
    subscribed: ({ user }, c) => subscribed.has(`${user} ${c}`),
    encode: (frame: GatewayFrame) => {
      encoded++;
      return encode(frame);
    },
  });
  const named = (user: string, c = "c1", head = 1) => {
    const session = new Session(user, clock);
    notices.name(session, { c, epoch: "e1", head });
    return session;
  };
  const put = (c: string, head: number, epoch = "e1") => notices.put({ c, epoch, head, ord: head - 1 });
  return { clock, notices, subscribed, named, put, encoded: () => encoded };
}

describe("HeadsNotices", () => {
  it("tell who named a conversation where it stands, merged, once in two seconds at most", async () => {
    const { clock, notices, named, put } = scene();
    const bob = named("bob");
    notices.name(bob, { c: "c2", epoch: "e1", head: 4 });
    for (let head = 2; head <= 100; head++) {
      put("c1", head);
      if (head === 50) put("c2", 5);
      await clock.advance(100);
    }
    await clock.advance(10_000);
    expect(bob.heads[0]).toEqual([["c1", "e1", 2, 1]]);
    expect(bob.heads.at(-1)).toEqual([["c1", "e1", 100, 99]]);
    expect(bob.heads.flat()).toContainEqual(["c2", "e1", 5, 4]);
    const gaps = bob.heard.slice(1).map(({ at }, index) => at - (bob.heard[index]?.at ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2_000);
    expect(bob.heads.length).toBeLessThanOrEqual(7);
    expect(clock.pending).toBe(0);
  });

  it("tell nothing that the session knows, and nothing to who named something else", async () => {
    const { clock, named, put } = scene();
    const [bob, carol, dave] = [named("bob", "c1", 3), named("carol", "c1", 5), named("dave", "c2")];
    put("c1", 5);
    put("c1", 4);
    await clock.advance(5_000);
    put("c1", 5);
    await clock.advance(5_000);
    expect([bob.heads, carol.heads, dave.heads]).toEqual([[[["c1", "e1", 5, 4]]], [], []]);
  });

  it("I19: tell of another life of the log, though its head is lower", async () => {
    const { clock, named, put } = scene();
    const bob = named("bob", "c1", 9);
    put("c1", 3, "e2");
    await clock.advance(5_000);
    expect(bob.heads).toEqual([[["c1", "e2", 3, 2]]]);
  });

  it("are not for who subscribed, and go on from there when they do not any longer", async () => {
    const { clock, named, put, subscribed } = scene();
    const bob = named("bob");
    subscribed.add("bob c1");
    put("c1", 2);
    await clock.advance(5_000);
    subscribed.clear();
    put("c1", 2);
    await clock.advance(5_000);
    expect(bob.heads).toEqual([]);
    put("c1", 3);
    await clock.advance(5_000);
    expect(bob.heads).toEqual([[["c1", "e1", 3, 2]]]);
  });

  it("I17: end for who was removed, for all when it was removed, and with the session", async () => {
    const { clock, notices, named, put } = scene();
    const sessions = [named("bob"), named("carol"), named("dave")];
    notices.left("c1", ["bob"]);
    notices.leave(sessions[1] as Session);
    put("c1", 2);
    await clock.advance(5_000);
    expect(sessions.map(({ heads }) => heads.length)).toEqual([0, 0, 1]);
    notices.left("c1", null);
    put("c1", 3);
    await clock.advance(5_000);
    expect(sessions.map(({ heads }) => heads.length)).toEqual([0, 0, 1]);
    expect([notices.size, notices.has("c1"), clock.pending]).toEqual([0, false, 0]);
  });

  it("bounds what one session is told of", () => {
    const { notices, named } = scene(2);
    const bob = named("bob");
    for (const c of ["c2", "c3"]) notices.name(bob, { c, epoch: "e1", head: 1 });
    expect([notices.size, notices.has("c3")]).toEqual([2, false]);
    notices.leave(bob);
    expect(notices.size).toBe(0);
  });

  it("encode once what many are told alike", async () => {
    const { clock, named, put, encoded } = scene();
    const sessions = Array.from({ length: 100 }, (_, index) => named(`u${index}`));
    put("c1", 2);
    await clock.advance(5_000);
    expect([encoded(), sessions.every(({ heads }) => heads.length === 1)]).toEqual([1, true]);
  });

  it("I25: leave no timer behind", async () => {
    const { clock, notices, named, put } = scene();
    named("bob");
    put("c1", 2);
    notices.stop();
    expect(clock.pending).toBe(0);
  });
});
