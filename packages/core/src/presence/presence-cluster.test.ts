import { describe, expect, it } from "vitest";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { presenceNode, SceneWatcher } from "../testing/presence-scene.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./memory-presence-store.ts";
import type { Sight } from "./sights.ts";
import { sessionsElsewhere, whereabouts } from "./whereabouts.ts";

/** Two gateways, n1 and n2, on one registry, whose ways to it may be cut; a watcher on n2. */
async function cluster({ confirm = null as ((sights: readonly Sight[]) => Promise<readonly boolean[]>) | null } = {}) {
  const clock = new ManualClock();
  const registry = new MemoryPresenceRegistry(clock);
  const failing = { failBefore: 1 };
  const make = async (node: string) => {
    const cut = new Lossy({ clock, random: new SeededRandom(1) });
    const plain = memoryPresence(registry);
    let deaf = false;
    const { onChange } = plain;
    plain.onChange = (listener) => onChange.call(plain, (users) => (deaf ? undefined : listener(users)));
    const deafen = (on: boolean) => {
      deaf = on;
    };
    const store = cut.wrap(plain, { lease: failing, put: failing, remove: failing, of: failing });
    cut.on = false;
    return Object.assign(await presenceNode({ clock, registry, node, store, confirm }), { cut, deafen });
  };
  const [one, two] = [await make("n1~a"), await make("n2~a")];
  const watcher = new SceneWatcher("watcher", clock);
  const statuses = () => watcher.told.map(({ row }) => row.status);
  return { clock, registry, one, two, watcher, statuses };
}

describe("presence on several gateways", () => {
  it("I21: no outage of the store makes anybody offline who is here, although every lease runs out meanwhile", async () => {
    const { clock, registry, one, two, watcher, statuses } = await cluster();
    for (let n = 0; n < 50; n++) one.enter(`s${n}`, `u${n}`);
    await clock.settle();
    await two.watch(
      watcher,
      "c1",
      Array.from({ length: 50 }, (_, n) => `u${n}`),
    );
    for (const { cut } of [one, two]) cut.on = true;
    await clock.advance(60_000);
    expect(registry.of(["u0"])[0]?.sessions).toEqual([]);
    for (const { cut } of [two, one]) {
      cut.on = false;
      // Who was cut off for longer comes back a moment later.
      await clock.advance(3_000);
    }
    await clock.advance(30_000);
    expect(new Set(statuses())).toEqual(new Set(["online"]));
    expect(watcher.view.size).toBe(50);
  });

  it("I21: after an outage those are offline who are, a few seconds later", async () => {
    const { clock, one, two, watcher, statuses } = await cluster();
    const session = one.enter("s1", "u1");
    await clock.settle();
    await two.watch(watcher, "c1", ["u1"]);
    for (const { cut } of [one, two]) cut.on = true;
    await clock.advance(20_000);
    one.bye(session);
    await clock.advance(30_000);
    expect(statuses()).toEqual(["online"]);
    for (const { cut } of [one, two]) cut.on = false;
    await clock.advance(8_000);
    expect(statuses()).toEqual(["online", "offline"]);
  });

  it("I21: after an outage all who are watched are looked at, whatever was told meanwhile and not heard", async () => {
    const { clock, one, two, watcher } = await cluster();
    one.enter("s1", "u1");
    one.enter("s2", "u2");
    await clock.settle();
    await two.watch(watcher, "c1", ["u1", "u2"]);
    // Its ear is deaf, and so is its mouth: nothing of what happens comes.
    two.board.stop();
    two.cut.on = true;
    one.tracker.activity("s2", "idle");
    await clock.advance(15_000);
    two.board.start();
    await clock.advance(2_000);
    expect(watcher.view.get("u2")?.status).toBe("online");
    two.cut.on = false;
    await clock.advance(5_000);
    expect(watcher.view.get("u2")?.status).toBe("away");
  });

  it("I21: a change that the store told while nobody heard is seen within some seconds", async () => {
    const { clock, one, two, watcher } = await cluster({ confirm: async (sights) => sights.map(() => true) });
    const session = one.enter("s1", "u1");
    await clock.settle();
    await two.watch(watcher, "c1", ["u1"]);
    one.bye(session);
    await clock.advance(4_500);
    // For a moment in which it asks for nothing.
    two.deafen(true);
    await clock.advance(1_000);
    two.deafen(false);
    await clock.advance(3_000);
    expect(watcher.view.get("u1")?.status).toBe("offline");
  });

  it("I21: a node that stood still past its lease has its sessions back with its first renewal", async () => {
    const { clock, registry, one, two, watcher, statuses } = await cluster();
    one.enter("s1", "u1");
    await clock.settle();
    await two.watch(watcher, "c1", ["u1"]);
    one.cut.on = true;
    await clock.advance(33_000);
    // As true as can be: nobody could know better.
    expect(statuses()).toEqual(["online", "offline"]);
    one.cut.on = false;
    await clock.advance(3_000);
    expect(statuses()).toEqual(["online", "offline", "online"]);
    expect(registry.of(["u1"])[0]?.sessions).toHaveLength(1);
  });

  it("I18: asks the store before news is told, a minute after it last did, and lets go of what ended elsewhere", async () => {
    const asked: (readonly Sight[])[] = [];
    const hidden = new Set<string>();
    const { clock, one, two, watcher } = await cluster({
      confirm: async (sights) => {
        asked.push(sights);
        return sights.map(({ user }) => !hidden.has(user));
      },
    });
    one.enter("s1", "u1");
    one.enter("s2", "u2");
    await clock.settle();
    await two.watch(watcher, "c1", ["u1", "u2"]);
    const flip = async (activity: "idle" | "active") => {
      watcher.told.splice(0);
      for (const session of ["s1", "s2"]) one.tracker.activity(session, activity);
      await clock.advance(1_500);
      return watcher.told.map(({ row }) => row.user);
    };
    expect([await flip("idle"), asked]).toEqual([["u1", "u2"], []]);
    await clock.advance(60_000);
    expect(asked).toEqual([]);
    hidden.add("u2");
    expect(await flip("active")).toEqual(["u1"]);
    const sight = (user: string) => ({ viewer: "watcher", user, c: "c1" });
    expect(asked).toEqual([[sight("u1"), sight("u2")]]);
    expect([await flip("idle"), asked.length, two.board.sizes.watched]).toEqual([["u1"], 1, 1]);
  });

  it("I18: tells nothing while the store cannot say who may see it, and then what is true", async () => {
    let failing = true;
    const { clock, one, two, watcher, statuses } = await cluster({
      confirm: async (sights) => {
        if (failing) throw new Error("unable to read");
        return sights.map(() => true);
      },
    });
    one.enter("s1", "u1");
    await clock.settle();
    await two.watch(watcher, "c1", ["u1"]);
    await clock.advance(60_000);
    one.tracker.activity("s1", "idle");
    await clock.advance(10_000);
    expect(statuses()).toEqual(["online"]);
    failing = false;
    await clock.advance(1_100);
    expect(statuses()).toEqual(["online", "away"]);
  });

  it("says where a user is, with the gateways' own names, invisible sessions too", async () => {
    const { clock, one, two } = await cluster();
    one.enter("s1", "u1", { activity: "invisible" });
    two.enter("s2", "u2", { activity: "idle" });
    await clock.settle();
    one.enter("s3", "u2");
    expect(await whereabouts(two.registered, ["u2", "u1", "u3"])).toEqual([
      {
        user: "u2",
        status: "away",
        seen: null,
        sessions: [{ session: "s2", device: "d-s2", node: "n2", activity: "idle" }],
      },
      {
        user: "u1",
        status: "offline",
        seen: null,
        sessions: [{ session: "s1", device: "d-s1", node: "n1", activity: "invisible" }],
      },
      { user: "u3", status: "offline", seen: null, sessions: [] },
    ]);
    // What is here is known before the registry knows it.
    expect((await whereabouts(one.registered, ["u2"]))[0]?.status).toBe("online");
    expect(await sessionsElsewhere(two.registered, "u1")).toHaveLength(1);
    expect(await sessionsElsewhere(one.registered, "u1")).toEqual([]);
  });
});
