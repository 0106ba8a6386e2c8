import type { Bus, Envelope, Publication, Said, Topic } from "../../ports/bus.ts";
import { codeOf } from "./code-of.ts";
import type { Runner } from "./runner.ts";
import { portTraits } from "./traits.ts";

export interface BusUnderTest {
  /** Three nodes' ends of one bus, not open yet. */
  readonly nodes: readonly [Bus, Bus, Bus];
  /** Resolves when everything that was published before has arrived, or never will. */
  settle(): Promise<void>;
  /** Cuts every node off for a moment, as a lost connection does. Absent where the bus says that it cannot be cut off. */
  interrupt?(): Promise<void>;
  /** Closes what is still open, and removes what was left behind. */
  destroy(): Promise<void>;
}

export interface BusCapabilities {
  /** Something can stand between two nodes and fail. Declared false, there must be no way to cut them off. */
  readonly interruptible: boolean;
}

export interface BusAdapter {
  readonly capabilities: BusCapabilities;
  /** A bus of its own for each call. */
  create(): Promise<BusUnderTest>;
}

/** Every promise of the `Bus` port, one case each. */
export function busSuite(runner: Runner, adapter: BusAdapter): void {
  const { describe, it, expect } = runner;
  const withBus = (run: (bus: BusUnderTest) => Promise<void>) => async () => {
    const bus = await adapter.create();
    try {
      for (const node of bus.nodes) await node.open();
      await run(bus);
    } finally {
      await bus.destroy();
    }
  };

  portTraits(
    runner,
    async () => {
      const { nodes, destroy } = await adapter.create();
      return { port: nodes[0], destroy };
    },
    {
      publish: (bus) => bus.publish([publication(["c:c1"], 1)]),
      subscribe: (bus) => bus.subscribe("c:c1", () => {}).ready,
    },
  );

  describe("publish and subscribe", () => {
    it(
      "an envelope reaches every other node that subscribed, as it was",
      withBus(async ({ nodes: [one, two, three], settle }) => {
        const second = await listen(two, "c:c1");
        const third = await listen(three, "u:alice");
        const given = publication(["c:c1", "u:alice"], 7);
        await one.publish([given]);
        await settle();
        expect(second).toEqual([given.envelope]);
        expect(third).toEqual([given.envelope]);
      }),
    );

    it(
      "does not come back to the node that published it",
      withBus(async ({ nodes: [one, two], settle }) => {
        const own = await listen(one, "c:c1");
        const other = await listen(two, "c:c1");
        await one.publish([publication(["c:c1"], 1)]);
        await settle();
        expect([own.length, other.length]).toEqual([0, 1]);
      }),
    );

    it(
      "reaches the topics it names and no others, whatever they are called",
      withBus(async ({ nodes: [one, two], settle }) => {
        const topics: readonly Topic[] = [
          "c:a",
          "u:a",
          "c:a.b",
          "c:a.*",
          "c:*",
          "c:>",
          "c:constructor",
          "c:__proto__",
          "c:A",
          "u:a|b@c+d=e",
          "c:a:b~c",
          "nodes",
          "u:nodes",
          "c:nodes",
        ];
        const heard = await Promise.all(topics.map((topic) => listen(two, topic)));
        await one.publish(topics.map((topic, n) => publication([topic], n + 1)));
        await settle();
        expect(heard.map((envelopes) => envelopes.map(({ n }) => n))).toEqual(topics.map((_, n) => [n + 1]));
      }),
    );

    it(
      "carries whatever nodes say to each other, whole, to one and to all",
      withBus(async ({ nodes: [one, two, three], settle }) => {
        const topics: readonly Topic[] = ["nodes", "u:alice"];
        const heard = await Promise.all(topics.map((topic) => listen(two, topic)));
        const third = await listen(three, "nodes");
        const envelopes = SAID.map((said, at): Envelope => ({ v: 1, node: "n1", n: MAX_N - at, ...said }));
        await one.publish(envelopes.map((envelope) => ({ topics: ["nodes"], envelope })));
        for (const envelope of envelopes) await one.publish([{ topics: ["u:alice"], envelope }]);
        await settle();
        for (const given of [...heard, third]) expect(byNumber(given)).toEqual(byNumber(envelopes));
      }),
    );

    it(
      "reaches a node by any of a thousand topics, once for each at most",
      withBus(async ({ nodes: [one, two, three], settle }) => {
        const topics = Array.from({ length: 1_000 }, (_, at): Topic => `u:u${at}`);
        const heard: Envelope[] = [];
        for (const topic of ["u:u3", "u:u999"] as const) {
          await two.subscribe(topic, (envelope) => void heard.push(envelope)).ready;
        }
        const last = await listen(three, "u:u998");
        await one.publish([publication(topics, 1)]);
        await settle();
        expect(new Set(heard.map(({ n }) => n))).toEqual(new Set([1]));
        expect(3).toBeGreaterThan(heard.length);
        expect(last.length).toBe(1);
      }),
    );

    it(
      "sends a repeat twice",
      withBus(async ({ nodes: [one, two], settle }) => {
        const heard = await listen(two, "c:c1");
        const given = publication(["c:c1"], 1);
        await one.publish([given, given]);
        await one.publish([given]);
        await settle();
        expect(heard.length).toBe(3);
      }),
    );

    it(
      "a subscription that was cancelled before it was ready hears nothing",
      withBus(async ({ nodes: [one, two], settle }) => {
        const heard: Envelope[] = [];
        const subscription = two.subscribe("c:c1", (envelope) => void heard.push(envelope));
        // Whether it still becomes ready is the bus's own business.
        subscription.ready.catch(() => {});
        subscription.cancel();
        const neighbour = await listen(two, "c:c2");
        await one.publish([publication(["c:c1"], 1), publication(["c:c2"], 2)]);
        await settle();
        expect([heard.length, neighbour.length]).toEqual([0, 1]);
      }),
    );

    it(
      "carries an envelope of 256 KiB and any text",
      withBus(async ({ nodes: [one, two], settle }) => {
        const heard = await listen(two, "c:c1");
        const large = publication(["c:c1"], 1, { text: 'naïve 👋\u2028"\\'.repeat(20_000) });
        await one.publish([large]);
        await settle();
        expect(heard).toEqual([large.envelope]);
      }),
    );

    it(
      "what the publisher does to an envelope afterwards does not reach the others, nor they each other",
      withBus(async ({ nodes: [one, two, three], settle }) => {
        const text = { text: "as it was" };
        const heard = [await listen(two, "c:c1"), await listen(three, "c:c1")];
        await one.publish([publication(["c:c1"], 1, text)]);
        text.text = "changed";
        await settle();
        expect(heard.map(([envelope]) => textOf(envelope))).toEqual(["as it was", "as it was"]);
        expect(heard[0]?.[0] === heard[1]?.[0]).toBe(false);
      }),
    );

    it(
      "a cancelled subscription hears nothing, its neighbour on the same topic still does",
      withBus(async ({ nodes: [one, two], settle }) => {
        const heard: Envelope[] = [];
        const on = (envelope: Envelope) => void heard.push(envelope);
        const first = two.subscribe("c:c1", on);
        const second = two.subscribe("c:c1", on);
        await Promise.all([first.ready, second.ready]);
        first.cancel();
        first.cancel();
        await one.publish([publication(["c:c1"], 1)]);
        await settle();
        expect(heard.length).toBe(1);
        second.cancel();
        await one.publish([publication(["c:c1"], 2)]);
        await settle();
        expect(heard.length).toBe(1);
      }),
    );

    it(
      "a topic that was given up and taken again is heard from then on, once",
      withBus(async ({ nodes: [one, two], settle }) => {
        const first = two.subscribe("c:c1", () => {});
        await first.ready;
        first.cancel();
        const heard = await listen(two, "c:c1");
        await one.publish([publication(["c:c1"], 1)]);
        await settle();
        expect(heard.length).toBe(1);
      }),
    );

    it(
      "a topic that a publication names twice is heard, twice at most",
      withBus(async ({ nodes: [one, two], settle }) => {
        const heard = await listen(two, "c:c1");
        await one.publish([publication(["c:c1", "u:alice", "c:c1"], 1)]);
        await settle();
        expect(new Set(heard.map(({ n }) => n))).toEqual(new Set([1]));
        expect(3).toBeGreaterThan(heard.length);
      }),
    );

    it(
      "five hundred topics that are asked for at once are all heard",
      withBus(async ({ nodes: [one, two], settle }) => {
        const topics = Array.from({ length: 500 }, (_, at): Topic => `u:u${at}`);
        const heard = await Promise.all(topics.map((topic) => listen(two, topic)));
        await one.publish(topics.map((topic, at) => publication([topic], at + 1)));
        await settle();
        expect(heard.map((envelopes) => envelopes.map(({ n }) => n))).toEqual(topics.map((_, at) => [at + 1]));
      }),
    );

    it(
      "what is published by many calls at once, by two nodes, all arrives where the link is well",
      withBus(async ({ nodes: [one, two, three], settle }) => {
        const heard = await listen(three, "c:c1");
        const calls = Array.from({ length: 300 }, (_, at) => at + 1);
        await Promise.all(calls.map((n) => (n % 2 === 0 ? one : two).publish([publication(["c:c1"], n)])));
        await settle();
        expect(byNumber(heard).map(({ n }) => n)).toEqual(calls);
      }),
    );

    it(
      "a listener may cancel itself, subscribe and publish from within",
      withBus(async ({ nodes: [one, two, three], settle }) => {
        const answers = await listen(one, "c:answers");
        const later = await listen(three, "c:later");
        const heard: Envelope[] = [];
        const subscription = two.subscribe("c:c1", (envelope) => {
          heard.push(envelope);
          subscription.cancel();
          void two.subscribe("c:later", () => {}).ready.then(() => two.publish([publication(["c:later"], 3)]));
          void two.publish([publication(["c:answers"], 2)]);
        });
        await subscription.ready;
        await one.publish([publication(["c:c1"], 1)]);
        await settle();
        await one.publish([publication(["c:c1"], 4)]);
        await settle();
        expect([heard, answers, later].map((envelopes) => envelopes.map(({ n }) => n))).toEqual([[1], [2], [3]]);
      }),
    );

    it(
      "what is under way when its node closes ends, one way or the other",
      withBus(async ({ nodes: [one, two], settle }) => {
        await listen(one, "c:c1");
        const subscription = two.subscribe("c:c2", () => {});
        const under = [two.publish([publication(["c:c1"], 1)]), two.ping(), subscription.ready].map(codeOf);
        await two.close();
        await Promise.all(under);
        await settle();
        subscription.cancel();
        expect(await codeOf(two.publish([publication(["c:c1"], 2)]))).toBe("closed");
      }),
    );

    it(
      "a closed node hears nothing, and the others go on",
      withBus(async ({ nodes: [one, two, three], settle }) => {
        const second = await listen(two, "c:c1");
        const third = await listen(three, "c:c1");
        await two.close();
        await one.publish([publication(["c:c1"], 1)]);
        await settle();
        expect([second.length, third.length]).toEqual([0, 1]);
        expect(await codeOf(two.publish([publication(["c:c1"], 2)]))).toBe("closed");
      }),
    );

    it(
      "an empty batch is no error, nor is what nobody listens to, or is for nobody",
      withBus(async ({ nodes: [one, two], settle }) => {
        const heard = await listen(two, "c:c1");
        await one.publish([]);
        await one.publish([publication([], 1), publication(["c:none"], 2), publication(["c:c1"], 3)]);
        await settle();
        expect(heard.map(({ n }) => n)).toEqual([3]);
      }),
    );
  });

  describe("interruption", () => {
    if (!adapter.capabilities.interruptible) {
      it(
        "cannot happen",
        withBus(async (bus) => {
          expect(bus.interrupt).toBe(undefined);
        }),
      );
      return;
    }

    it(
      "I26: is told to every listener on every node, and what comes later arrives",
      withBus(async ({ nodes, settle, interrupt }) => {
        const told: number[] = [];
        for (const [at, node] of nodes.entries()) node.onInterruption(() => told.push(at));
        const undo = nodes[0].onInterruption(() => told.push(-1));
        undo();
        undo();
        const heard = await listen(nodes[1], "c:c1");
        await interrupt?.();
        await settle();
        expect(new Set(told)).toEqual(new Set([0, 1, 2]));
        await nodes[0].publish([publication(["c:c1"], 1)]);
        await settle();
        expect(heard.length).toBe(1);
      }),
    );

    it(
      "I26: leaves every subscription as it was",
      withBus(async ({ nodes, settle, interrupt }) => {
        const [one, two] = nodes;
        const cancelled: Envelope[] = [];
        const subscription = two.subscribe("c:c1", (envelope) => void cancelled.push(envelope));
        await subscription.ready;
        subscription.cancel();
        const before = await Promise.all([one, two].map((node) => listen(node, "c:c2")));
        await interrupt?.();
        const after = await listen(two, "c:c3");
        await one.publish([publication(["c:c1", "c:c2"], 1), publication(["c:c3"], 2)]);
        await two.publish([publication(["c:c2"], 3)]);
        await settle();
        const numbers = [cancelled, ...before, after].map((envelopes) => envelopes.map(({ n }) => n));
        expect(numbers).toEqual([[], [3], [1], [2]]);
      }),
    );
  });
}

async function listen(bus: Bus, topic: Topic): Promise<Envelope[]> {
  const heard: Envelope[] = [];
  await bus.subscribe(topic, (envelope) => heard.push(envelope)).ready;
  return heard;
}

function publication(topics: readonly Topic[], n: number, body = { text: "hi" }): Publication {
  return { topics, envelope: { v: 1, node: "n1", n, ...events(n, body) } };
}

function events(seq: number, body: { readonly text: string }): Said {
  const row = { seq, ord: seq, type: "message", id: `m${seq}`, from: "alice", at: 1_700_000_000_000, body } as const;
  return { kind: "events", c: "c1", epoch: "e1", mode: "push", membersVersion: 3, rows: [row] };
}

function textOf(envelope: Envelope | undefined): unknown {
  return envelope?.kind === "events" ? envelope.rows[0]?.body?.["text"] : undefined;
}

const byNumber = (envelopes: readonly Envelope[]) => [...envelopes].sort((a, b) => a.n - b.n);

/** The highest number that an envelope may have. */
const MAX_N = Number.MAX_SAFE_INTEGER;
const HEAD = { c: "c1", epoch: "e1", head: MAX_N, ord: 7, mode: "pull", membersVersion: 2 } as const;
/** One of each kind. */
const SAID: readonly Said[] = [
  events(7, { text: "hi" }),
  { kind: "heads", digest: { after: null, mark: "7.a" }, heads: [HEAD, { c: "c2", gone: true }] },
  { kind: "heads", digest: null, heads: [] },
  { kind: "gone", c: "c1", members: ["alice", "b|o@b+="] },
  { kind: "receipt", c: "c1", epoch: "e1", watermarks: [["bob", 7, 4]], members: 2 },
  { kind: "raised", c: "c1" },
  { kind: "tally", c: "c1", tally: [[7, 120, 3]], online: 80 },
  { kind: "typing", c: "c1", user: "bob", members: 2 },
  { kind: "session", user: "bob", device: "d1", session: "s_n1_a", attempt: null, over: null },
  { kind: "session", user: "bob", device: "d1", session: "s_n1_a", attempt: 4, over: { of: "s_n2_b", word: "asks" } },
  { kind: "kick", user: "bob", sessions: null },
  { kind: "kick", user: "bob", sessions: ["s_n1_a"] },
  { kind: "revoked", user: "bob" },
  { kind: "blocked", user: "bob", other: "carol" },
];
