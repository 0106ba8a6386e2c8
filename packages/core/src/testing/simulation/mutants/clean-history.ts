import type { UserId } from "@earshot/protocol";
import { SeededRandom } from "../../seeded-random.ts";
import type { HistoryLine } from "../history-line.ts";
import { ModelDevice } from "./model/model-device.ts";
import { ModelLog } from "./model/model-log.ts";
import { ModelWorld } from "./model/model-world.ts";

const USERS = ["ann", "ben", "cat", "dan", "eve"] as const;
const FIRE_MS = 40_000;
const QUIET_AFTER_MS = 60_000;
const PRESENCE_SETTLES_MS = 60_000;

/**
 * The history of a run in which everything is right: a little chat of its own, which shares nothing with the engine
 * but the words. Three in four have faults. The same seed is the same history.
 */
export function cleanHistory(seed: number): readonly HistoryLine[] {
  const world = new ModelWorld(new SeededRandom(seed), 2 + (seed % 3));
  world.troubled = world.chance(0.75);
  const users = USERS.slice(0, 3 + world.below(3));
  createLogs(world, users);
  createDevices(world, users);
  world.presence.tick();
  plan(world, users);
  world.agenda.run(FIRE_MS);
  heal(world);
  world.agenda.run(FIRE_MS + QUIET_AFTER_MS);
  end(world);
  return world.lines;
}

function createLogs(world: ModelWorld, users: readonly UserId[]): void {
  for (let at = 1; at <= 2 + world.below(2); at++) {
    const conv = `c${at}`;
    const members = users.filter((_, index) => index < 2 || world.chance(0.7));
    world.logs.set(conv, new ModelLog(conv, users[0] as UserId, members, world.chance(0.3)));
  }
}

function createDevices(world: ModelWorld, users: readonly UserId[]): void {
  const count = users.length + world.below(3);
  for (let at = 0; at < count; at++) {
    const user = users[at] ?? world.one(users);
    const device = new ModelDevice(world, `${user}.${at + 1}`, user, world.chance(0.5));
    world.devices.push(device);
    world.after(at * 30, () => device.start());
  }
  for (const gateway of world.gateways) world.write({ p: world.process(gateway), ev: "start" });
}

function plan(world: ModelWorld, users: readonly UserId[]): void {
  const times = (count: number, from: number, run: () => void): void => {
    for (let at = 0; at < count; at++) world.after(from + world.below(FIRE_MS - from - 500), run);
  };
  const device = (): ModelDevice => world.one(world.devices);
  const log = (): ModelLog => world.one([...world.logs.values()]);
  times(70, 500, () => {
    const [by, { conv }] = [device(), log()];
    for (let count = 1 + world.below(3); count > 0; count--) {
      by.send(conv, world.one(["message", "message", "message", "react", "delete"]), world.chance(0.03));
    }
  });
  times(15, 1_500, () => device().read(log().conv));
  times(12, 1_500, () => device().type(log().conv));
  times(10, 1_500, () => {
    const max = 100 + world.below(50);
    world.write({ p: "n1#1", ev: "gauge", name: "outbox events", value: world.below(max + 1), max });
  });
  // in two of three nobody comes or goes, so that presence can be held to the end
  if (world.chance(0.33)) times(6, 2_000, () => change(world, users.slice(1)));
  if (world.troubled) trouble(world, times, device);
}

function trouble(
  world: ModelWorld,
  times: (count: number, from: number, run: () => void) => void,
  device: () => ModelDevice,
): void {
  world.busLoss = world.chance(0.5) ? 0.2 : 0;
  if (world.busLoss > 0) world.say({ ev: "nemesis", fault: "F39", target: "bus" });
  times(world.below(5), 2_000, () => {
    const { name, session } = device();
    if (session === null) return;
    world.say({ ev: "nemesis", fault: "F11", target: name });
    session.device.lost(session, 1006, "network", false);
  });
  times(world.below(4), 2_000, () => {
    const dying = device();
    // in the middle of something
    dying.send(world.one([...world.logs.keys()]), "message", false);
    world.after(world.below(120), () => crashDevice(world, dying));
  });
  times(world.below(3), 3_000, () => {
    const gateway = world.one(world.gateways);
    if (!gateway.up) return;
    world.say({ ev: "nemesis", fault: "F24", target: gateway.name });
    world.crash(gateway);
    world.after(500 + world.below(4_000), () => world.start(gateway));
  });
  times(world.below(2), 3_000, () => {
    const gateway = world.one(world.gateways);
    if (!gateway.up || gateway.draining) return;
    world.say({ ev: "nemesis", fault: "F32", target: gateway.name });
    world.drain(gateway, 4_000);
    world.after(6_000, () => world.start(gateway));
  });
  if (world.chance(0.3)) {
    times(1, 8_000, () => {
      world.say({ ev: "nemesis", fault: "F50", target: "store" });
      world.rewind(({ head }) => Math.max(1, head - world.below(6)));
    });
  }
}

function crashDevice(world: ModelWorld, device: ModelDevice): void {
  if (!device.running) return;
  world.say({ ev: "nemesis", fault: "F1", target: device.name });
  device.end("crash");
  if (device.storage && world.chance(0.3)) {
    world.say({ ev: "nemesis", fault: "F4", target: device.name });
    device.wipe();
  }
  world.after(200 + world.below(4_000), () => device.start());
}

function change(world: ModelWorld, users: readonly UserId[]): void {
  const log = world.one([...world.logs.values()]);
  const user = world.one(users);
  const role = log.isMember(user) ? null : "member";
  const line = { ev: "change", conv: log.conv, members: [[user, role]] } as const;
  world.say({ ...line, outcome: "asked" });
  world.after(world.below(50), () => {
    if (log.isMember(user) !== (role === null)) return;
    log.change(users[0] as UserId, user, role);
    world.committed(log, null);
    world.raised(log, user);
    world.say({ ...line, outcome: "ok" });
  });
}

function heal(world: ModelWorld): void {
  world.busLoss = 0;
  for (const gateway of world.gateways) world.start(gateway);
  world.say({ ev: "heal" });
  world.after(8_000, () => {
    for (const { conv } of world.logs.values()) world.devices[0]?.send(conv, "message", false);
  });
}

function end(world: ModelWorld): void {
  world.say({ ev: "quiesced", quiet: true });
  for (const log of world.logs.values()) {
    const whole = log.wholeHistory ? { wholeHistory: true } : {};
    for (const as of ["page", "store"] as const) {
      for (const entry of log.entries) world.say({ ev: "log", as, ...entry, ...(entry.seq === 1 ? whole : {}) });
    }
    for (const [of, { delivered, read }] of log.marks) {
      world.say({ ev: "member", conv: log.conv, of, role: "member", delivered, read });
    }
    for (const device of world.devices) showWindow(world, device, log);
  }
  world.devices[0]?.end("stop");
  world.agenda.run(world.now + PRESENCE_SETTLES_MS);
  const there = new Set(world.devices.flatMap(({ user, session }) => (session === null ? [] : [user])));
  for (const of of new Set(world.devices.map(({ user }) => user))) world.say({ ev: "alive", of, on: there.has(of) });
  for (const device of world.devices) device.end("stop");
  for (const name of ["sessions", "timers", "topics"]) world.say({ ev: "left", name, value: 0, baseline: 0 });
}

function showWindow(world: ModelWorld, device: ModelDevice, log: ModelLog): void {
  const cursor = device.cursor(log.conv);
  if (!log.isMember(device.user) || cursor === undefined) return;
  const shown = log.entries.filter(({ seq, type }) => {
    return (type === "message" || type === "meta" || type === "member") && log.mayHave(device.user, seq);
  });
  const seqs = shown.slice(-20).map(({ seq }) => seq);
  const { epoch, seq } = cursor;
  world.say({ ev: "shown", dev: device.name, conv: log.conv, epoch, cursor: seq, seqs, status: "live" });
}
