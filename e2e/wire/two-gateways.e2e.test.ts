import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Balancer } from "../support/balancer.ts";
import { type PollAnswer, poll, sessionIn } from "../support/poll-link.ts";
import { startTwoGateways, type TwoGateways } from "../support/two-gateways.ts";
import { newId, WireClient } from "../support/wire-client.ts";
import { call } from "../support/wire-http.ts";
import type { TransportName } from "../support/wire-link.ts";

const TRANSPORTS: readonly TransportName[] = ["websocket", "poll", "sse"];

let gateways: TwoGateways;
let balancer: Balancer;

beforeAll(async () => {
  gateways = await startTwoGateways();
  ({ balancer } = gateways);
});

afterAll(async () => {
  WireClient.terminateAll();
  await gateways.stop();
});

let users = 0;
const fresh = (name: string): string => `${name}-${++users}`;

async function join(user: string, transport: TransportName, fields: Record<string, unknown> = {}) {
  const client = await WireClient.connect(balancer.url, { transport });
  client.write({ t: "hello", v: 1, token: user, device: fresh("device"), ...fields });
  return { client, welcome: await client.next("welcome") };
}

describe("two gateways behind a balancer", () => {
  it.each(TRANSPORTS.flatMap((from) => TRANSPORTS.map((to) => [from, to] as const)))(
    "I6, I7: everybody gets everything in one order, from %s to %s",
    async (from, to) => {
      const [alice, bob] = [fresh("alice"), fresh("bob")];
      const made = await call(balancer.url, "POST", "/conversations", {
        user: alice,
        json: { kind: "group", members: [bob] },
      });
      const c = String(made.body.c);
      const writers = [await join(alice, from), await join(alice, from)];
      const readers = [await join(bob, to), await join(bob, to)];
      expect(new Set([...writers, ...readers].map(({ welcome }) => welcome["node"]))).toEqual(new Set(["n1", "n2"]));
      // From here on their gateways know where it stands: before, the first event that comes may overtake another node's.
      for (const { client } of readers) await client.ask({ t: "subscribe", c });
      const ids = Array.from({ length: 20 }, () => newId());
      await Promise.all(ids.map((id, place) => writers[place % 2]?.client.say(c, id, id)));
      for (const { client } of readers) {
        const events = await client.collect("event", ids.length);
        expect(events.map(({ seq }) => seq)).toEqual(ids.map((_, place) => place + 2));
        expect(new Set(events.map(({ id }) => id))).toEqual(new Set(ids));
      }
    },
  );

  it("a poll that lands on the wrong gateway is 410, and the client says hello again", async () => {
    const alice = fresh("alice");
    const hello = { t: "hello", v: 1, token: alice, device: fresh("device") };
    const first = await poll(balancer.url, { k: 1, frames: [hello] }, { wait: 0 });
    const session = sessionIn(((await first.json()) as PollAnswer).frames);
    for (let k = 2; k < 8; k++) {
      expect((await poll(balancer.url, { k, frames: [] }, { session, wait: 0 })).status).toBe(200);
    }
    balancer.sticky = false;
    try {
      const statuses: number[] = [];
      for (let k = 8; !statuses.includes(410) && k < 12; k++) {
        statuses.push((await poll(balancer.url, { k, frames: [] }, { session, wait: 0 })).status);
      }
      expect(statuses.at(-1)).toBe(410);
    } finally {
      balancer.sticky = true;
    }
  });

  it("a resume token of one gateway is taken by the other, whatever the transport", async () => {
    const alice = fresh("alice");
    const device = fresh("device");
    let resume: unknown;
    for (const [place, transport] of [...TRANSPORTS, ...TRANSPORTS].entries()) {
      const fields = place === 0 ? {} : { token: null, resume };
      const { client, welcome } = await join(alice, transport, { device, k: place + 1, ...fields });
      expect(welcome["resumed"]).toBe(place > 0);
      ({ resume } = welcome);
      client.terminate();
    }
  });
});
