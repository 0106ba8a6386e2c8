import { expect } from "vitest";
import { message, newId, type WireClient } from "./wire-client.ts";
import { sleep } from "./wire-log.ts";
import type { Scene } from "./wire-scene.ts";

/** Two people who keep chatting while others misbehave; `finish` says what each sent and holds that the other has it. */
export interface Chatter {
  finish(): Promise<number>;
}

interface Side {
  readonly client: WireClient;
  readonly ids: string[];
}

/** Starts two connected users who each send a message every `everyMs`. */
export async function startChatter(scene: Scene, everyMs = 25): Promise<Chatter> {
  const [erin, frank] = scene.people("erin", "frank");
  const c = await scene.create(erin, [frank]);
  const sides: Side[] = [
    { client: await scene.join(erin), ids: [] },
    { client: await scene.join(frank), ids: [] },
  ];
  let goesOn = true;
  const talking = sides.map(async ({ client, ids }) => {
    while (goesOn) {
      const id = newId();
      ids.push(id);
      client.write(message(c, id, id));
      await sleep(everyMs);
    }
  });
  return {
    finish: async () => {
      goesOn = false;
      await Promise.all(talking);
      const [one, other] = sides as [Side, Side];
      await expectHeard(one, other);
      await expectHeard(other, one);
      return one.ids.length + other.ids.length;
    },
  };
}

/** Everything that one side sent was answered `sent`, and came to the other once, in order. */
async function expectHeard(from: Side, to: Side): Promise<void> {
  await from.client.collect("sent", from.ids.length);
  const events = await to.client.collect("event", from.ids.length);
  expect(events.map((event) => event.id)).toEqual(from.ids);
  const told = to.client.frames.filter((frame) => frame.t === "error");
  expect(told, "nobody told them of an error").toEqual([]);
}
