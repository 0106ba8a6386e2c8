import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS, type EngineLimits } from "../options.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import type { Followed, FollowOptions } from "./follow.ts";
import { Followers } from "./followers.ts";

type Batches = AsyncIterator<readonly Followed[], void, undefined>;

/** A store with `c1` of alice and bob, and nodes that follow it. */
async function scene(given: Partial<EngineLimits> = {}) {
  const clock = new ManualClock();
  const store = memoryStore({ clock });
  await store.open();
  await store.create(conversation("c1"));
  const limits = { ...DEFAULT_LIMITS, ...given };
  const logged: string[] = [];
  const note = (_: object, text: string): void => {
    logged.push(text);
  };
  const logger = { debug: note, info: note, warn: note, error: note };
  const nodeOf = (node: string, over: MessageStore = store) => {
    const followers = new Followers({ node, store: over, clock, random: new SeededRandom(7), logger, limits });
    followers.start();
    return followers;
  };
  const say = async (...texts: string[]): Promise<void> => {
    await store.append(texts.map((text) => message("c1", "alice", text)));
  };
  /** What a pull gives within the time: the texts of its batch, or "waits", or "ended". */
  const pulled = async (pull: Promise<IteratorResult<readonly Followed[], void>>, ms = 0) => {
    let seen: readonly string[] | "waits" | "ended" = "waits";
    void pull.then(({ done, value }) => {
      seen = done === true ? "ended" : (value as readonly Followed[]).map(textOf);
    });
    await clock.advance(ms);
    return seen as readonly string[] | "waits" | "ended";
  };
  const pull = (batches: Batches, ms = 0) => pulled(batches.next(), ms);
  return { clock, store, logged, nodeOf, say, pull, pulled };
}

function textOf(item: Followed): string {
  if ("gone" in item) return `${item.conversation} gone`;
  return item.type === "message" ? String(item.body?.["text"]) : item.type;
}

function begin(followers: Followers, options: Partial<FollowOptions> = {}): Batches {
  return followers.follow({ name: "indexer", ...options })[Symbol.asyncIterator]();
}

describe("follow", () => {
  it("gives every event in feed order, with its conversation and epoch, and removals", async () => {
    const { store, nodeOf, say, pull } = await scene();
    await store.create(conversation("c2"));
    await say("one");
    const batches = begin(nodeOf("n1"));
    const { value = [] } = (await batches.next()) as { readonly value?: readonly Followed[] };
    expect(value).toMatchObject([
      { conversation: "c1", seq: 1, type: "meta" },
      { conversation: "c2", seq: 1, type: "meta" },
      { conversation: "c1", seq: 2, ord: 1, from: "alice", body: { text: "one" } },
    ]);
    const epochs = value.map((item) => ("gone" in item ? null : item.epoch));
    expect([epochs[2], epochs[0] === epochs[1]]).toEqual([epochs[0], false]);
    await store.remove("c2", "alice", ["owner"]);
    expect(await pull(batches, 2_000)).toEqual(["c2 gone"]);
  });

  it("takes a batch as acknowledged when the next one is asked for, and no sooner", async () => {
    const { nodeOf, say, pull } = await scene();
    await say("one");
    const first = begin(nodeOf("n1"));
    expect(await pull(first)).toEqual(["meta", "one"]);
    await first.return?.();
    await say("two");
    const second = begin(nodeOf("n2"));
    expect(await pull(second)).toEqual(["meta", "one", "two"]);
    expect(await pull(second)).toBe("waits");
    await second.return?.();
    await say("three");
    expect(await pull(begin(nodeOf("n3")))).toEqual(["three"]);
  });

  it("comes in batches of bounded rows and bytes, one event at least", async () => {
    const { nodeOf, say, pull } = await scene({ followRowsMax: 2, followBytesMax: 400 });
    await say("one", "two", "x".repeat(1_000), "three");
    const batches = begin(nodeOf("n1"));
    const seen: number[] = [];
    for (let events = 0; events < 5; ) {
      const batch = await pull(batches);
      expect(batch.length).toBeGreaterThan(0);
      seen.push(batch.length);
      events += batch.length;
    }
    expect(Math.max(...seen)).toBe(2);
    expect(seen.length).toBeGreaterThan(2);
  });

  it("hears of what this node wrote at once, of the rest within the time and a quarter", async () => {
    const { nodeOf, say, pull, pulled } = await scene();
    const followers = nodeOf("n1");
    const batches = begin(followers);
    expect(await pull(batches)).toEqual(["meta"]);
    const here = batches.next();
    expect(await pulled(here)).toBe("waits");
    await say("one");
    followers.wake();
    expect(await pulled(here)).toEqual(["one"]);
    const elsewhere = batches.next();
    expect(await pulled(elsewhere)).toBe("waits");
    await say("two");
    expect(await pulled(elsewhere, 1_250)).toEqual(["two"]);
  });

  it("begins where it is told to, the first time alone", async () => {
    const { nodeOf, say, pull, pulled } = await scene();
    await say("before");
    const now = begin(nodeOf("n1"), { from: "now" });
    const first = now.next();
    expect(await pulled(first)).toBe("waits");
    await say("after");
    expect(await pulled(first, 2_000)).toEqual(["after"]);
    expect(await pull(now)).toBe("waits");
    await now.return?.();
    await say("later");
    expect(await pull(begin(nodeOf("n2"), { from: "start" }))).toEqual(["later"]);
    expect(await pull(begin(nodeOf("n3"), { name: "other" }))).toEqual(["meta", "before", "after", "later"]);
  });

  it("goes on one node at a time under one name; the next has it when the first lets go", async () => {
    const { nodeOf, say, pull, pulled } = await scene();
    const first = begin(nodeOf("n1"));
    expect(await pull(first)).toEqual(["meta"]);
    const second = begin(nodeOf("n2"));
    const waiting = second.next();
    expect(await pulled(waiting, 120_000)).toBe("waits");
    await say("one");
    expect(await pull(first)).toEqual(["one"]);
    await first.return?.();
    expect(await pulled(waiting, 1_500)).toEqual(["one"]);
  });

  it("goes on one follower at a time in one process, too", async () => {
    const { nodeOf, pull, pulled } = await scene();
    const followers = nodeOf("n1");
    const [first, second] = [begin(followers), begin(followers)];
    expect(await pull(first)).toEqual(["meta"]);
    const waiting = second.next();
    expect(await pulled(waiting, 120_000)).toBe("waits");
    expect(await pull(begin(followers, { name: "other" }))).toEqual(["meta"]);
    await first.return?.();
    expect(await pulled(waiting)).toEqual(["meta"]);
    expect(followers.size).toBe(2);
  });

  it("is another node's when this one is cut off, and each goes on behind the other", async () => {
    const { clock, store, nodeOf, say, pull, pulled } = await scene();
    const cut = new Lossy({ clock, random: new SeededRandom(1) });
    cut.on = false;
    const always = { failBefore: 1 };
    const first = begin(nodeOf("n1", cut.wrap(store, { lease: always, feed: always, position: always })));
    expect(await pull(first)).toEqual(["meta"]);
    await say("one");
    expect(await pull(first)).toEqual(["one"]);
    cut.on = true;
    const second = begin(nodeOf("n2"));
    const waiting = second.next();
    expect(await pulled(waiting, 15_000)).toBe("waits");
    // What the first was given last, and could not acknowledge, comes again.
    expect(await pulled(waiting, 20_000)).toEqual(["one"]);
    const again = first.next();
    expect(await pulled(again, 1_000)).toBe("waits");
    cut.on = false;
    await say("two");
    expect(await pull(second)).toEqual(["two"]);
    expect(await pulled(again, 60_000)).toBe("waits");
    const acknowledged = second.next();
    expect(await pulled(acknowledged)).toBe("waits");
    await second.return?.();
    await say("three");
    expect(await pulled(again, 2_000)).toEqual(["three"]);
  });

  it("goes on where another took the name to meanwhile, also while it believes in its lease", async () => {
    const { store, nodeOf, say, pull } = await scene();
    const stale = begin(nodeOf("n1"));
    expect(await pull(stale)).toEqual(["meta"]);
    await say("one");
    await store.position("follow:indexer", { from: null, to: await store.feedEnd() });
    await say("two");
    expect(await pull(stale)).toEqual(["two"]);
    // What it acknowledges from then on counts again.
    expect(await pull(stale)).toBe("waits");
    expect(await store.position("follow:indexer")).toBe(await store.feedEnd());
  });

  it("ends with the engine, also while it waits, and leaves the last batch to the next", async () => {
    const { clock, nodeOf, say, pull, pulled } = await scene();
    const followers = nodeOf("n1");
    const [idle, never] = [begin(followers), begin(followers, { name: "never" })];
    expect(await pull(idle)).toEqual(["meta"]);
    const busy = begin(followers, { name: "busy" });
    expect(await pull(busy)).toEqual(["meta"]);
    const waiting = idle.next();
    expect(await pulled(waiting)).toBe("waits");
    await followers.close();
    expect(await pulled(waiting)).toBe("ended");
    expect(await pull(busy)).toBe("ended");
    expect(await pull(never)).toBe("ended");
    expect(await pull(begin(followers))).toBe("ended");
    expect([followers.size, clock.pending]).toEqual([0, 0]);
    await say("one");
    const next = nodeOf("n2");
    expect(await pull(begin(next, { name: "busy" }))).toEqual(["meta", "one"]);
    expect(await pull(begin(next))).toEqual(["one"]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "loses nothing, and keeps each conversation's order, however often nodes come, go and fail (seed %i)",
    async (seed) => {
      const { clock, store, nodeOf } = await scene({ followRowsMax: 3 });
      await store.create(conversation("c2"));
      const random = new SeededRandom(seed);
      const lossy = new Lossy({ clock, random });
      const faults = { failBefore: 0.1, failAfter: 0.1 };
      const gone = { failBefore: 1 };
      const over = lossy.wrap(store, { lease: faults, feed: faults, position: faults });
      const seen = new Map([
        ["c1", new Set<number>()],
        ["c2", new Set<number>()],
      ]);
      /** Takes some batches, now and then without a further pull, and lets go, or is gone without a word. */
      const live = async (node: string): Promise<void> => {
        const cut = new Lossy({ clock, random: new SeededRandom(seed) });
        cut.on = false;
        const batches = begin(nodeOf(node, cut.wrap(over, { lease: gone, feed: gone, position: gone })));
        for (let left = random.below(6); left >= 0; left--) {
          const { done, value } = await batches.next();
          if (done === true) return;
          for (const item of value) {
            if ("gone" in item) continue;
            const seqs = seen.get(item.conversation) as Set<number>;
            // A repeat, or the next: never one behind a hole.
            expect(seqs.has(item.seq) || seqs.size === item.seq - 1).toBe(true);
            seqs.add(item.seq);
          }
        }
        if (random.float() < 0.7) await batches.return?.();
        else cut.on = true;
      };
      for (let round = 0; round < 40; round++) {
        const c = random.below(2) === 0 ? "c1" : "c2";
        await store.append(Array.from({ length: random.below(4) }, (_, index) => message(c, "alice", `${index}`)));
        for (let nodes = random.below(3); nodes > 0; nodes--) void live(`n${round}-${nodes}`);
        await clock.advance(random.below(20_000));
      }
      lossy.on = false;
      const last = begin(nodeOf("last"));
      void (async () => {
        for (;;) {
          const { done, value } = await last.next();
          if (done === true) return;
          for (const item of value) if (!("gone" in item)) seen.get(item.conversation)?.add(item.seq);
        }
      })();
      await clock.advance(600_000);
      for (const [c, seqs] of seen) {
        const head = (await store.range({ conversation: c, view: "log", from: "newest", rows: 1, bytes: 1 }))?.head;
        expect(seqs.size).toBe(head);
      }
      expect(lossy.happened.failAfter).toBeGreaterThan(0);
    },
  );

  it("waits for the engine to start", async () => {
    const { clock, store, pulled } = await scene();
    const house = { node: "n1", store, clock, random: new SeededRandom(1), limits: DEFAULT_LIMITS };
    const logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
    const followers = new Followers({ ...house, logger });
    const first = begin(followers).next();
    expect(await pulled(first, 60_000)).toBe("waits");
    followers.start();
    expect(await pulled(first)).toEqual(["meta"]);
  });

  it("waits for a store that cannot answer, longer and longer, and says so in the log alone", async () => {
    const { store, logged, nodeOf, pulled, clock } = await scene();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    const failing = lossy.wrap(store, { lease: { failBefore: 1 } });
    const { happened } = lossy;
    const followers = nodeOf("n1", failing);
    const first = begin(followers).next();
    expect(await pulled(first, 300_000)).toBe("waits");
    expect(happened.failBefore).toBeGreaterThan(8);
    expect(happened.failBefore).toBeLessThan(20);
    expect(logged.length).toBe(happened.failBefore);
    // Commits do not hurry it.
    for (let commit = 0; commit < 100; commit++) {
      followers.wake();
      await clock.settle();
    }
    expect(happened.failBefore).toBeLessThan(20);
    lossy.on = false;
    expect(await pulled(first, 30_000)).toEqual(["meta"]);
  });

  it("refuses a name that is no id, and a beginning that is none", async () => {
    const { nodeOf } = await scene();
    expect(() => nodeOf("n1").follow({ name: "indexer", from: "end" as "now" })).toThrow(ChatError);
    expect(() => nodeOf("n1").follow({ name: "no id" })).toThrow(ChatError);
  });
});
