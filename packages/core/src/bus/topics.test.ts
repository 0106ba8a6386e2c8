import { describe, expect, it } from "vitest";
import type { Bus, Envelope, Said, Topic } from "../ports/bus.ts";
import type { Logger } from "../ports/logger.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { deferred } from "../testing/deferred.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type Hearing, Topics } from "./topics.ts";

const KINDS: readonly Said["kind"][] = [
  "events",
  "heads",
  "gone",
  "receipt",
  "raised",
  "tally",
  "typing",
  "session",
  "kick",
  "revoked",
  "blocked",
];

interface Listener {
  readonly on: (envelope: Envelope) => void;
  readonly ready: (rejected?: boolean) => void;
  cancelled: boolean;
}

/** Topics over a bus in the test's hands. `refuses`: it throws at once. */
function scene() {
  const clock = new ManualClock();
  const open = new Map<Topic, Listener[]>();
  const warned: unknown[] = [];
  const heard: Said[] = [];
  const nodes: string[] = [];
  let interrupt = (): void => {};
  let refuses = false;
  const bus: Pick<Bus, "subscribe" | "onInterruption"> = {
    subscribe: (topic, on) => {
      if (refuses) throw new Error("unable");
      const { promise, resolve, reject } = deferred<void>();
      const listener: Listener = {
        on,
        ready: (rejected = false) => (rejected ? reject(new Error("unable")) : resolve()),
        cancelled: false,
      };
      open.set(topic, [...(open.get(topic) ?? []), listener]);
      return {
        ready: promise,
        cancel: () => {
          listener.cancelled = true;
        },
      };
    },
    onInterruption: (listener) => {
      interrupt = listener;
      return () => {
        interrupt = () => {};
      };
    },
  };
  const hearing = Object.fromEntries(KINDS.map((kind) => [kind, (said: Said) => heard.push(said)]));
  const logger: Logger = { ...silentLogger, warn: (...given) => warned.push(given) };
  const topics = new Topics({
    node: "n1",
    bus,
    clock,
    logger,
    limits: { topicWithinMs: 1_000, heardEnvelopesMax: 10 },
    hearing: hearing as unknown as Hearing,
    heard: (node) => nodes.push(node),
  });
  topics.start();
  let n = 0;
  const envelope = (words: object = {}): Envelope =>
    ({ v: 1, node: "n2", n: ++n, kind: "raised", c: "c1", ...words }) as Envelope;
  const listeners = (topic: Topic) => open.get(topic) ?? [];
  const state = async (promise: Promise<void>) => {
    let done = false;
    void promise.then(() => (done = true));
    await clock.settle();
    return done;
  };
  return {
    ...{ clock, topics, open, listeners, warned, heard, nodes, envelope, state },
    interrupt: () => interrupt(),
    refuse: (given: boolean) => (refuses = given),
  };
}

describe("Topics", () => {
  it("I25: are listened to once however many ask, and until the last has gone", () => {
    const { topics, listeners } = scene();
    topics.listen("c:c1");
    topics.listen("c:c1");
    expect([listeners("c:c1").length, topics.size]).toEqual([1, 1]);
    topics.forget("c:c1");
    expect(listeners("c:c1")[0]?.cancelled).toBe(false);
    topics.forget("c:c1");
    topics.forget("c:c1");
    expect([listeners("c:c1")[0]?.cancelled, topics.size]).toEqual([true, 0]);
    topics.listen("c:c1");
    expect(listeners("c:c1")).toHaveLength(2);
  });

  it("are ready when the bus says so, or after a while: a dead one keeps nobody out", async () => {
    const { clock, topics, listeners, state } = scene();
    topics.listen("c:c1");
    topics.listen("c:c2");
    expect(await state(topics.ready("c:c1"))).toBe(false);
    listeners("c:c1")[0]?.ready();
    expect(await state(topics.ready("c:c1"))).toBe(true);
    expect(await state(topics.ready("c:c2"))).toBe(false);
    await clock.advance(1_000);
    expect(await state(topics.ready("c:c2"))).toBe(true);
    expect(await state(topics.ready("c:none"))).toBe(true);
    expect(clock.pending).toBe(0);
  });

  it("I26: are asked for again, after an interruption or a while, when the bus refused them, and never reject", async () => {
    const { clock, topics, listeners, warned, state, interrupt, refuse, heard, envelope } = scene();
    topics.listen("c:c1");
    topics.listen("c:c2");
    listeners("c:c1")[0]?.ready(true);
    listeners("c:c2")[0]?.ready();
    expect(await state(topics.ready("c:c1"))).toBe(true);
    interrupt();
    expect([listeners("c:c1").length, listeners("c:c2").length]).toEqual([2, 1]);
    listeners("c:c1")[1]?.ready(true);
    await clock.advance(5_000);
    expect(listeners("c:c1")).toHaveLength(3);
    expect(warned).toHaveLength(1);
    refuse(true);
    topics.listen("c:c3");
    refuse(false);
    await clock.advance(5_000);
    listeners("c:c1")[2]?.ready();
    listeners("c:c3")[0]?.ready();
    await clock.settle();
    listeners("c:c3")[0]?.on(envelope());
    expect([heard.length, clock.pending]).toEqual([1, 0]);
  });

  it("do not take up again what was forgotten while the bus refused it", async () => {
    const { clock, topics, listeners } = scene();
    topics.listen("c:c1");
    topics.forget("c:c1");
    listeners("c:c1")[0]?.ready(true);
    await clock.advance(20_000);
    expect([listeners("c:c1").length, clock.pending]).toEqual([1, 0]);
  });

  it("hand each kind to whom it concerns, once, by however many topics it comes", () => {
    const { topics, listeners, heard, nodes, envelope } = scene();
    topics.listen("u:bob");
    topics.listen("u:carol");
    const said = envelope();
    for (const topic of ["u:bob", "u:carol", "u:bob"] as const) listeners(topic)[0]?.on(said);
    listeners("u:bob")[0]?.on({ ...said, node: "n3" });
    expect(heard).toHaveLength(2);
    expect(nodes).toEqual(["n2", "n3"]);
  });

  it("remember so many of what they heard, and take an earlier one once more", () => {
    const { topics, listeners, heard, envelope } = scene();
    topics.listen("nodes");
    const said = Array.from({ length: 11 }, () => envelope());
    for (const each of said) listeners("nodes")[0]?.on(each);
    for (const each of [said[10], said[1], said[0]]) listeners("nodes")[0]?.on(each as Envelope);
    expect(heard).toHaveLength(12);
  });

  it("S55: hear nothing of their own, of another version, of a kind they do not know, or malformed", () => {
    const { topics, listeners, heard, warned, envelope } = scene();
    topics.listen("nodes");
    const row = { seq: 2, ord: 2, type: "message", from: "alice", at: 0, body: {} };
    const events = { kind: "events", epoch: "e1", mode: "push", membersVersion: 1, rows: [row] };
    const wrong: unknown[] = [
      { ...envelope(), node: "n1" },
      { ...envelope(), v: 2 },
      { ...envelope(), n: "1" },
      { ...envelope(), kind: "news" },
      { ...envelope(), kind: "constructor" },
      { ...envelope(), kind: null },
      { ...envelope(), c: 1 },
      envelope({ ...events, rows: [] }),
      envelope({ ...events, rows: [row, row] }),
      envelope({ ...events, rows: [null] }),
      envelope({ ...events, rows: "2" }),
      envelope({ ...events, mode: "both" }),
      envelope({ kind: "heads", digest: null, heads: [{ c: "c1", epoch: "e1", head: -1 }] }),
      envelope({ kind: "heads", digest: true, heads: [] }),
      null,
      undefined,
      "envelope",
      7,
      [],
    ];
    for (const each of wrong) listeners("nodes")[0]?.on(each as Envelope);
    expect([heard, warned.length]).toEqual([[], 1]);
    listeners("nodes")[0]?.on(envelope(events));
    listeners("nodes")[0]?.on(envelope({ kind: "heads", digest: { after: null, mark: "7" }, heads: [], later: 1 }));
    expect(heard.map(({ kind }) => kind)).toEqual(["events", "heads"]);
    expect(heard[0]).toMatchObject({ rows: [row] });
  });

  it("outlive one who throws at what is heard", () => {
    const { topics, listeners, heard, envelope } = scene();
    topics.listen("nodes");
    heard.push = () => {
      throw new Error("unable");
    };
    expect(() => listeners("nodes")[0]?.on(envelope())).not.toThrow();
  });

  it("I25: leave nothing behind", async () => {
    const { clock, topics, listeners } = scene();
    topics.listen("c:c1");
    topics.listen("c:c2");
    listeners("c:c1")[0]?.ready(true);
    listeners("c:c2")[0]?.ready();
    await clock.advance(1_000);
    topics.stop();
    expect([topics.size, clock.pending, listeners("c:c2")[0]?.cancelled]).toEqual([0, 0, true]);
  });
});
