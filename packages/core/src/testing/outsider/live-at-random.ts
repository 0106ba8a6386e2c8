import type { Role, UserId } from "@earshot/protocol";
import { OutsiderWorld, USERS } from "./outsider-world.ts";
import { RandomRequests } from "./random-requests.ts";
import { verify, verifyInboxes } from "./verify.ts";

const ROUNDS = 4;
const STEPS = 40;
const ALONE = 25;

/** People who never come, and make a conversation large. */
const crowd = (count: number): readonly UserId[] => Array.from({ length: count }, (_, index) => `x${index}`);

/** One random life of an engine. Throws at the first thing that is not as the protocol says. */
export async function liveAtRandom(seed: number): Promise<OutsiderWorld> {
  const world = new OutsiderWorld(seed);
  await world.begin();
  const requests = new RandomRequests(world);
  await found(world, requests);
  for (let round = 0; round < ROUNDS; round++) {
    await storm(world, requests);
    await world.calm();
    await verify(world);
    await verifyInboxes(world, requests.frames);
    await alone(world, requests);
    await world.calm();
    await verify(world);
  }
  await world.end();
  return world;
}

/** Conversations of every kind. */
async function found(world: OutsiderWorld, { http }: RandomRequests): Promise<void> {
  const some: readonly (readonly [UserId, Role])[] = [
    ["bo", "admin"],
    ["cy", "member"],
    ["di", "reader"],
  ];
  const all: readonly (readonly [UserId, Role])[] = USERS.slice(1).map((user) => [user, "member"]);
  await world.engine.whileSettling(
    Promise.all([
      http.create("ana", { kind: "group", id: "g1", members: some }),
      http.create("bo", { kind: "group", id: "g2", members: ["cy"], open: true, history: "all" }),
      http.create("ana", { kind: "direct", id: "d1", members: ["bo"] }),
      http.create("cy", { kind: "direct", id: "d2", members: ["di"] }),
      http.create("ana", { kind: "channel", id: "p1", members: [...all, ...crowd(66)], open: true }),
      http.create("ana", { kind: "channel", id: "p2", members: [...all, ...crowd(110)] }),
    ]),
  );
}

/** Many at once, while the store fails now and then. */
async function storm(world: OutsiderWorld, requests: RandomRequests): Promise<void> {
  world.note("storm");
  world.stormy = true;
  for (let step = 0; step < STEPS; step++) {
    world.lossy.on = world.seed % 2 === 0 || world.chance(0.5);
    world.outage.on = world.chance(0.04) || (world.outage.on && world.chance(0.8));
    requests.some(1 + world.random.below(8));
    if (world.chance(0.3)) await world.engine.settle();
    else await world.engine.advance(world.random.below(world.chance(0.1) ? 2_500 : 250));
    world.look();
  }
}

/** One after the other, with nothing failing: what comes of each is certain. */
async function alone(world: OutsiderWorld, requests: RandomRequests): Promise<void> {
  world.note("alone");
  for (let step = 0; step < ALONE; step++) {
    requests.some(1);
    await world.engine.advance(10);
    for (let turn = 0; turn < 40 && world.requests.names.length > 0; turn++)
      await world.engine.advance(turn < 5 ? 0 : 40);
    world.look();
  }
}
