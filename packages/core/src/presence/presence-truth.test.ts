import type { UserId } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Activity, PresenceSession } from "../ports/presence-store.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { presenceNode, SceneWatcher } from "../testing/presence-scene.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { MemoryPresenceRegistry, memoryPresence } from "./memory-presence-store.ts";
import { presenceRow } from "./presence-state.ts";

const STEPS = 250;
const USERS = ["alice", "bob", "carol", "dave"];
const STATES: readonly Activity[] = ["active", "active", "idle", "invisible"];

type Gateway = Awaited<ReturnType<typeof presenceNode>> & { alive: boolean };

/** A connection, as the people at its ends know it. */
interface Connection {
  readonly session: PresenceSession;
  readonly at: Gateway;
  activity: Activity;
  /** When others could first see it as it is now. */
  visibleSince: number | null;
  /** When it said goodbye, unless another took its place. */
  goodbyeAt: number | null;
  open: boolean;
}

interface Told {
  readonly watcher: SceneWatcher;
  readonly at: Gateway;
  readonly watched: Set<UserId>;
  /** A session asks one thing after the other. */
  asking: boolean;
}

/** Two gateways, people who come, go and change their minds, gateways that are killed; everything by one seed. */
class World {
  readonly clock = new ManualClock();
  readonly registry = new MemoryPresenceRegistry(this.clock);
  readonly random: SeededRandom;
  readonly lossy: Lossy;
  readonly faulty: boolean;
  gateways: Gateway[] = [];
  connections: Connection[] = [];
  watchers: Told[] = [];
  /** What was asked for may be answered while other things happen. */
  readonly asked: Promise<void>[] = [];
  #named = 0;
  #checked = new Map<SceneWatcher, number>();
  offlines = 0;

  constructor(seed: number, faulty: boolean) {
    this.random = new SeededRandom(seed);
    this.faulty = faulty;
    this.lossy = new Lossy({ clock: this.clock, random: new SeededRandom(seed + 1) });
    this.lossy.on = faulty;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.random.below(from.length)];
  }

  async addGateway(): Promise<void> {
    const plain = memoryPresence(this.registry);
    const unlucky = { failBefore: 0.15, failAfter: 0.1, duplicate: 0.1, delay: 0.2, delayMsMax: 400 };
    const lossy = this.lossy.wrap(plain, { lease: unlucky, put: unlucky, remove: unlucky, of: unlucky });
    const life = { alive: true };
    // A killed process writes nothing any longer.
    const store = new Proxy(lossy, {
      get: (target, name: keyof typeof plain) =>
        !life.alive && (name === "lease" || name === "put" || name === "remove")
          ? async () => {}
          : Reflect.get(target, name),
    });
    const { on } = this.lossy;
    this.lossy.on = false;
    const gateway = await presenceNode({ ...this, node: `n${++this.#named}`, store });
    this.lossy.on = on;
    this.gateways.push(Object.assign(life, gateway));
  }

  enter(): void {
    const at = this.pick(this.gateways);
    const user = this.pick(USERS);
    if (at === undefined || user === undefined) return;
    const device = `d${this.random.below(3)}`;
    for (const other of this.connections) {
      // As the session registry does, in either order of the two calls.
      if (!other.open || other.at !== at || other.session.user !== user || other.session.device !== device) continue;
      other.open = false;
      at.lose(other.session);
    }
    const session = at.enter(`s${++this.#named}`, user, { device });
    const visibleSince = this.clock.monotonic();
    this.connections.push({ session, at, activity: "active", visibleSince, goodbyeAt: null, open: true });
  }

  leave(): void {
    const one = this.pick(this.connections.filter(({ open }) => open));
    if (one === undefined) return;
    one.open = false;
    if (this.random.float() < 0.5) {
      if (one.activity !== "invisible") one.goodbyeAt = this.clock.monotonic();
      one.at.bye(one.session);
    } else {
      one.at.lose(one.session, this.clock.monotonic() - this.random.below(41_000));
    }
  }

  change(): void {
    const one = this.pick(this.connections.filter(({ open }) => open));
    const activity = this.pick(STATES);
    if (one === undefined || activity === undefined) return;
    if (activity === "invisible") one.visibleSince = null;
    else one.visibleSince ??= this.clock.monotonic();
    one.activity = activity;
    one.at.tracker.activity(one.session.session, activity);
  }

  watch(): void {
    const at = this.pick(this.gateways);
    if (at === undefined) return;
    const known = this.pick(this.watchers.filter((one) => one.at === at));
    if (known?.asking) return;
    const watcher = known?.watcher ?? new SceneWatcher(`w${++this.#named}`, this.clock);
    const told = known ?? { watcher, at, watched: new Set(), asking: false };
    if (known === undefined) this.watchers.push(told);
    const users = USERS.filter(() => this.random.float() < 0.5);
    told.asking = true;
    const asked = at.watch(told.watcher, "c1", users).then(
      (rows) => {
        for (const { user } of rows) told.watched.add(user);
      },
      () => expect(this.faulty).toBe(true),
    );
    this.asked.push(
      asked.finally(() => {
        told.asking = false;
      }),
    );
  }

  /** Somebody leaves, blocks, or is not of interest any longer. */
  part(): void {
    const told = this.pick(this.watchers);
    const user = this.pick(USERS);
    if (told === undefined || user === undefined) return;
    const { at, watcher } = told;
    const luck = this.random.float();
    if (luck < 0.4) {
      at.board.left("c1", [user]);
      for (const other of this.watchers) if (other.at === at) other.watched.delete(user);
    } else {
      if (luck < 0.7) at.board.blocked(user, watcher.user);
      else at.board.unwatch(watcher, [user]);
      told.watched.delete(user);
    }
  }

  async kill(): Promise<void> {
    const at = this.pick(this.gateways);
    if (at === undefined) return;
    at.alive = false;
    at.board.stop();
    this.gateways = this.gateways.filter((one) => one !== at);
    this.watchers = this.watchers.filter((one) => one.at !== at);
    for (const one of this.connections) if (one.at === at) one.open = false;
    await this.addGateway();
  }

  async step(): Promise<void> {
    const luck = this.random.float();
    if (luck < 0.3) this.enter();
    else if (luck < 0.55) this.leave();
    else if (luck < 0.8) this.change();
    else if (luck < 0.95) this.watch();
    else if (luck < 0.98) this.part();
    else await this.kill();
    await this.clock.advance(this.random.float() < 0.7 ? this.random.below(900) : this.random.below(12_000));
    this.check();
  }

  /** Nobody is told of whom they do not watch, nor that somebody is offline who is not. */
  check(): void {
    for (const { watcher, at, watched } of this.watchers) {
      for (const { at: toldAt, row } of watcher.told.slice(this.#checked.get(watcher) ?? 0)) {
        expect(watched.has(row.user), `${watcher.user} watches ${row.user}`).toBe(true);
        if (row.status === "offline") this.#checkOffline(row.user, toldAt, at);
      }
      this.#checked.set(watcher, watcher.told.length);
    }
  }

  #checkOffline(user: UserId, toldAt: number, by: Gateway): void {
    this.offlines++;
    for (const one of this.connections) {
      // With a store that fails a gateway vouches for its own connections alone.
      if (one.session.user !== user || (this.faulty && one.at !== by)) continue;
      const here = one.open && one.visibleSince !== null && one.visibleSince < toldAt - (this.faulty ? 2_000 : 0);
      expect(here, `${user} was told offline at ${toldAt}, and has been here since ${one.visibleSince}`).toBe(false);
      if (one.goodbyeAt === null || this.#replaced(one) || !one.at.alive) continue;
      expect(toldAt - one.goodbyeAt > 0 && toldAt - one.goodbyeAt < 5_000, `a flap of ${user}`).toBe(false);
    }
  }

  /** The same device came anew on the same gateway: then it is that session that counts. */
  #replaced({ session, at }: Connection): boolean {
    const after = this.connections.filter(
      (other) => other.at === at && other.session.user === session.user && other.session.device === session.device,
    );
    return after.at(-1)?.session !== session;
  }

  truth(user: UserId) {
    const [known] = this.registry.of([user]);
    const here = this.connections.filter(({ open, session }) => open && session.user === user);
    return presenceRow(user, here, known?.seen ?? null);
  }

  /** All sessions end: nothing may be left. */
  async end(): Promise<void> {
    for (const { watcher, at } of this.watchers) at.board.end(watcher);
    for (const one of this.connections) if (one.open) one.at.bye(one.session);
    await this.clock.advance(46_000);
    for (const { board, tracker } of this.gateways) {
      expect(board.sizes).toEqual({ watchers: 0, watched: 0, grounds: 0, waiting: 0 });
      expect(tracker.size).toBe(0);
      board.stop();
      await tracker.stop();
    }
  }
}

async function run(seed: number, faulty: boolean): Promise<World> {
  const world = new World(seed, faulty);
  await world.addGateway();
  await world.addGateway();
  for (let step = 0; step < STEPS; step++) await world.step();
  await Promise.all([...world.asked, world.clock.advance(1_000)]);
  world.lossy.on = false;
  for (let n = 0; n < 10; n++) world.watch();
  await world.clock.advance(46_000);
  world.check();
  let compared = 0;
  for (const { watcher, watched } of world.watchers) {
    for (const user of watched) {
      expect(watcher.view.get(user), `${watcher.user} of ${user}`).toEqual(world.truth(user));
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(0);
  expect(world.offlines).toBeGreaterThan(0);
  await world.end();
  return world;
}

// To replay one: run with `-t "seed 7 "`. 416 has failed once.
const seeds = [...Array.from({ length: 12 }, (_, n) => n + 1), 416];

describe("presence is the truth", () => {
  it.each(seeds)("I21: seed %i of people, devices and killed gateways", async (seed) => {
    await run(seed, false);
  });

  it.each(seeds)("I21: seed %i of the same over a store that fails, repeats itself and is late", async (seed) => {
    const { lossy } = await run(seed, true);
    for (const fault of ["failBefore", "failAfter", "duplicate", "delay"] as const) {
      expect(lossy.happened[fault], fault).toBeGreaterThan(0);
    }
  });
});
