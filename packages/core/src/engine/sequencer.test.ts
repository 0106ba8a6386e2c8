import { isChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Append, AppendResult } from "../ports/append.ts";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import {
  changeOfSettings,
  changeSettings,
  conversation,
  message,
  reaction,
} from "../testing/conformance/message-store/entries.ts";
import { settingsOf } from "../testing/conformance/message-store/readings.ts";
import { type Faults, Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { type Committed, Sequencer } from "./sequencer.ts";

/** What became of an append: its kind, or the code it was refused with. */
async function fate(append: Promise<AppendResult>): Promise<string> {
  try {
    const result = await append;
    return result.kind === "refused" ? result.code : result.kind;
  } catch (error) {
    return isChatError(error) ? `${error.code} ${error.retryAfterMs}` : "a foreign error";
  }
}

/** A sequencer over a memory store with `c1` and `c2`, which fails as `faults` say until `heal`. */
async function sequencerWith(faults: Faults = {}, bounds = {}) {
  const limits = { batchEntriesMax: 100, sequencerEntriesMax: 100, rememberedMax: 100, ...bounds };
  const clock = new ManualClock();
  const lossy = new Lossy({ clock, random: new SeededRandom(1) });
  const plain = memoryStore();
  await plain.open();
  for (const c of ["c1", "c2"]) await plain.create(conversation(c));
  const batches: (readonly Append[])[] = [];
  const faulty = lossy.wrap(plain, { append: faults });
  const store: Pick<MessageStore, "append" | "range" | "settings"> = {
    append: (batch) => {
      batches.push(batch);
      return faulty.append(batch);
    },
    range: plain.range.bind(plain),
    settings: plain.settings.bind(plain),
  };
  const told: (readonly Committed[])[] = [];
  const refusals: (readonly [order: object, retryAfterMs: number])[] = [];
  const sequencer = new Sequencer({
    store,
    clock,
    logger: silentLogger,
    limits,
    committed: (batch) => told.push(batch),
    found: () => {},
    refused: (...given) => refusals.push(given),
  });
  const texts = async (c: string) => {
    const page = await plain.range({ conversation: c, view: "log", after: 1, from: "oldest", rows: 1_000, bytes: 1e9 });
    return page?.rows.map((row) => row.body?.["text"]) ?? [];
  };
  const seqsTold = () => told.flat().map(({ entry, result }) => `${entry.conversation} ${result.row.seq}`);
  const heal = (): boolean => (lossy.on = false);
  return { clock, lossy, plain, sequencer, batches, told, refusals, seqsTold, texts, heal };
}

/** A text message under a key of its own, whose `at` is when it was made. */
const say = (text: string, c = "c1"): Append => message(c, "alice", text);

describe("Sequencer: group commit", () => {
  it("hands over at once when idle, at the end of the turn", async () => {
    const { clock, sequencer, batches } = await sequencerWith();
    const appended = sequencer.append(say("a"));
    expect(batches).toEqual([]);
    await clock.settle();
    expect(await fate(appended)).toBe("event");
    expect(batches).toHaveLength(1);
  });

  it("gathers what arrives within a turn, and while a commit is in flight, into one batch", async () => {
    const { clock, sequencer, batches, texts } = await sequencerWith({ delay: 1, delayMsMax: 10 });
    for (const text of ["a", "b", "c"]) void sequencer.append(say(text));
    await clock.settle();
    for (const text of ["d", "e"]) void sequencer.append(say(text));
    await clock.settle();
    for (const text of ["f", "g"]) void sequencer.append(say(text));
    await clock.advance(100);
    expect(batches.map((batch) => batch.map((entry) => entry.body?.["text"]))).toEqual([
      ["a", "b", "c"],
      ["d", "e", "f", "g"],
    ]);
    expect(await texts("c1")).toEqual(["a", "b", "c", "d", "e", "f", "g"]);
  });

  it("cuts batches at their bound, in order", async () => {
    const { clock, sequencer, batches, texts } = await sequencerWith({}, { batchEntriesMax: 2 });
    for (const text of ["a", "b", "c", "d", "e"]) void sequencer.append(say(text));
    await clock.settle();
    expect(batches.map((batch) => batch.length)).toEqual([2, 2, 1]);
    expect(await texts("c1")).toEqual(["a", "b", "c", "d", "e"]);
  });

  it("hands a full batch to the store before it tells of the last one, and gathers what is less", async () => {
    const { clock, sequencer, batches } = await sequencerWith({}, { batchEntriesMax: 2 });
    const handed: number[] = [];
    for (const text of ["a", "b", "c", "d", "e"]) {
      void sequencer.append(say(text)).then(() => handed.push(batches.length));
    }
    await clock.settle();
    expect(handed).toEqual([2, 2, 2, 2, 3]);
  });

  it("I1: answers only what the store has resolved, and tells of it then", async () => {
    const { clock, sequencer, told } = await sequencerWith({ delay: 1, delayMsMax: 10 });
    let answered = false;
    void sequencer.append(say("a")).then(() => {
      answered = true;
    });
    await clock.settle();
    expect({ answered, told: told.length }).toEqual({ answered: false, told: 0 });
    await clock.advance(10);
    expect({ answered, told: told.length }).toEqual({ answered: true, told: 1 });
  });

  it("tells of events in the order of the commit, each with its origin, and of nothing else", async () => {
    const { clock, sequencer, told } = await sequencerWith();
    const origin = {};
    const stranger = message("c1", "mallory", "x");
    const first = say("a");
    const fates = [
      sequencer.append(first, null, origin),
      sequencer.append(stranger),
      sequencer.append(say("b", "c2")),
      sequencer.append(first),
      sequencer.append({ ...first, lookup: true }),
    ].map(fate);
    await clock.settle();
    expect(await Promise.all(fates)).toEqual(["event", "not_found", "event", "duplicate", "duplicate"]);
    expect(told.flat().map(({ entry, result, origin: by }) => [entry.conversation, result.row.seq, by])).toEqual([
      ["c1", 2, origin],
      ["c2", 2, null],
    ]);
  });

  it("answers and goes on when who is told fails", async () => {
    const { clock, texts } = await sequencerWith();
    const store = memoryStore();
    await store.open();
    await store.create(conversation("c1"));
    const limits = { batchEntriesMax: 100, sequencerEntriesMax: 100, rememberedMax: 100 };
    const broken = () => {
      throw new Error("broken");
    };
    const failing = new Sequencer({
      store,
      clock,
      logger: silentLogger,
      limits,
      committed: broken,
      found: () => {},
      refused: () => {},
    });
    const first = fate(failing.append(say("a")));
    await clock.settle();
    const second = fate(failing.append(say("b")));
    await clock.settle();
    expect(await Promise.all([first, second])).toEqual(["event", "event"]);
    expect(await texts("c1")).toEqual([]);
  });
});

describe("Sequencer: a store that fails", () => {
  it("I4: appends again what has an unknown result, stores and tells it once", async () => {
    const { clock, sequencer, batches, told, seqsTold, texts, heal } = await sequencerWith({ failAfter: 1 });
    const fates = ["a", "b"].map((text) => fate(sequencer.append(say(text))));
    await clock.settle();
    heal();
    await clock.advance(50);
    expect(await Promise.all(fates)).toEqual(["event", "event"]);
    expect(batches).toHaveLength(2);
    expect(await texts("c1")).toEqual(["a", "b"]);
    expect(seqsTold()).toEqual(["c1 2", "c1 3"]);
    // By now members may have changed: whom it was for has to be found out anew.
    expect(told.flat().map(({ result }) => [result.mode, result.membersVersion])).toEqual([
      ["push", 0],
      ["push", 0],
    ]);
  });

  it("does the same when nothing was stored", async () => {
    const { clock, sequencer, seqsTold, texts, heal } = await sequencerWith({ failBefore: 1 });
    const fates = ["a", "b"].map((text) => fate(sequencer.append(say(text))));
    await clock.settle();
    heal();
    await clock.advance(50);
    expect(await Promise.all(fates)).toEqual(["event", "event"]);
    expect(await texts("c1")).toEqual(["a", "b"]);
    expect(seqsTold()).toEqual(["c1 2", "c1 3"]);
  });

  it("I4: tells once of a key that stands twice in a batch of unknown result", async () => {
    const { clock, sequencer, seqsTold, texts, heal } = await sequencerWith({ failAfter: 1 });
    const entry = say("a");
    const fates = [fate(sequencer.append(entry)), fate(sequencer.append(entry))];
    await clock.settle();
    heal();
    await clock.advance(50);
    expect(await Promise.all(fates)).toEqual(["event", "duplicate"]);
    expect(await texts("c1")).toEqual(["a"]);
    expect(seqsTold()).toEqual(["c1 2"]);
  });

  it("I4: takes a repeat from long ago for what it is, also in a batch of unknown result", async () => {
    const { clock, lossy, sequencer, seqsTold, heal } = await sequencerWith({ failAfter: 1 });
    lossy.on = false;
    const entry = say("a");
    void sequencer.append(entry);
    await clock.advance(1_000);
    lossy.on = true;
    const repeated = fate(sequencer.append({ ...entry, at: entry.at + 1_000 }));
    await clock.settle();
    heal();
    await clock.advance(50);
    expect(await repeated).toBe("duplicate");
    expect(seqsTold()).toEqual(["c1 2"]);
  });

  it("takes a look at a key for no event, also in a batch of unknown result", async () => {
    const { clock, lossy, sequencer, seqsTold, heal } = await sequencerWith({ failAfter: 1 });
    lossy.on = false;
    const entry = say("a");
    void sequencer.append(entry);
    await clock.settle();
    lossy.on = true;
    const looked = fate(sequencer.append({ ...entry, lookup: true }));
    await clock.settle();
    heal();
    await clock.advance(50);
    expect(await looked).toBe("duplicate");
    expect(seqsTold()).toEqual(["c1 2"]);
  });

  it("tries four times over 1.3 s, then refuses with a wait", async () => {
    const { clock, sequencer, batches } = await sequencerWith({ failBefore: 1 });
    const refused = fate(sequencer.append(say("a")));
    await clock.advance(1_299);
    expect(batches).toHaveLength(3);
    await clock.advance(1);
    expect(batches).toHaveLength(4);
    expect(await refused).toBe("unavailable 1000");
    expect(clock.pending).toBe(0);
  });

  it("I11: refuses with a failed entry what came later in its order, and only that", async () => {
    const limits = { batchEntriesMax: 2, sequencerEntriesMax: 100 };
    const { clock, sequencer, texts, heal } = await sequencerWith({ failBefore: 1 }, limits);
    const [mine, theirs] = [{}, {}];
    const first = [sequencer.append(say("a"), mine), sequencer.append(say("b"), mine)].map(fate);
    await clock.advance(1_000);
    const later = [
      sequencer.append(say("c"), mine),
      sequencer.append(say("d"), theirs),
      sequencer.append(say("e")),
      sequencer.append(say("f"), mine),
    ].map(fate);
    await clock.advance(300);
    heal();
    await clock.advance(2_000);
    expect(await Promise.all(first)).toEqual(["unavailable 1000", "blocked 1000"]);
    expect(await Promise.all(later)).toEqual(["blocked 1000", "event", "event", "blocked 1000"]);
    expect(await texts("c1")).toEqual(["d", "e"]);
  });

  it("I11: tells of an order that is refused with a wait before its sender hears of it", async () => {
    const { clock, plain, sequencer, refusals, heal } = await sequencerWith(
      { failBefore: 1 },
      { sequencerEntriesMax: 2 },
    );
    const [mine, theirs] = [{}, {}];
    /** How many refusals were told of when each was answered. */
    const known: number[] = [];
    const send = (user: string, order: object) =>
      fate(sequencer.append(message("c1", user, "a"), order)).then(() => known.push(refusals.length));
    const first = [send("alice", mine), send("alice", mine), send("alice", theirs)];
    expect(refusals, "too many wait").toEqual([[theirs, 1_000]]);
    await clock.advance(1_300);
    await Promise.all(first);
    expect(refusals.slice(1)).toEqual([[mine, 1_000]]);
    expect(known).toEqual([1, 2, 2]);
    heal();
    await changeSettings(plain, "c1", "alice", { slow: 5_000 });
    const slow = [send("bob", mine), send("bob", theirs)];
    await clock.settle();
    await Promise.all(slow);
    expect(refusals.slice(2)).toEqual([[theirs, 5_000]]);
    expect(known.slice(3)).toEqual([3, 3]);
  });

  it("gives up at once when the store is closed", async () => {
    const clock = new ManualClock();
    const store = memoryStore();
    const limits = { batchEntriesMax: 100, sequencerEntriesMax: 100, rememberedMax: 100 };
    const sequencer = new Sequencer({
      store,
      clock,
      logger: silentLogger,
      limits,
      committed: () => {},
      found: () => {},
      refused: () => {},
    });
    const refused = fate(sequencer.append(say("a")));
    await clock.settle();
    expect(await refused).toBe("unavailable 1000");
    expect(clock.pending).toBe(0);
  });

  it("takes a store that answers too little for one that failed", async () => {
    const clock = new ManualClock();
    const limits = { batchEntriesMax: 100, sequencerEntriesMax: 100, rememberedMax: 100 };
    const store = { append: async () => [], range: async () => null, settings: async () => null };
    const sequencer = new Sequencer({
      store,
      clock,
      logger: silentLogger,
      limits,
      committed: () => {},
      found: () => {},
      refused: () => {},
    });
    const refused = fate(sequencer.append(say("a")));
    await clock.advance(2_000);
    expect(await refused).toBe("unavailable 1000");
  });
});

describe("Sequencer: slow mode", () => {
  const from = (user: string, text: string) => message("c1", user, text);

  it("I11: lets nothing of an order pass a message that is refused for a while", async () => {
    const { clock, plain, sequencer, texts } = await sequencerWith();
    await changeSettings(plain, "c1", "alice", { slow: 5_000 });
    const [mine, theirs] = [{}, {}];
    const fates = [
      sequencer.append(from("bob", "a"), mine),
      sequencer.append(from("bob", "b"), mine),
      sequencer.append(reaction("c1", "bob", 3, "k"), mine),
      sequencer.append(from("alice", "c"), theirs),
      sequencer.append(reaction("c1", "alice", 3, "k"), theirs),
    ].map(fate);
    await clock.settle();
    expect(await Promise.all(fates)).toEqual(["event", "too_soon", "blocked 5000", "event", "event"]);
    expect(await texts("c1")).toEqual([undefined, "a", "c", undefined]);
  });

  it("looks up at once all that stands behind it", async () => {
    const { clock, plain, sequencer, batches } = await sequencerWith();
    await changeSettings(plain, "c1", "alice", { slow: 5_000 });
    const order = {};
    const fates = ["a", "b", "c", "d", "e"].map((text) => fate(sequencer.append(from("bob", text), order)));
    await clock.settle();
    expect(await Promise.all(fates)).toEqual(["event", "too_soon", "blocked 5000", "blocked 5000", "blocked 5000"]);
    expect(batches.map((batch) => batch.length)).toEqual([1, 1, 3]);
  });

  it("I4: tells what is stored already, also behind one that is refused for a while", async () => {
    const { clock, plain, sequencer } = await sequencerWith();
    const order = {};
    const first = from("bob", "a");
    void sequencer.append(first, order);
    await clock.settle();
    await changeSettings(plain, "c1", "alice", { slow: 5_000 });
    const fates = [from("bob", "b"), first, { ...first, key: { id: first.key?.id ?? "", hash: "other" } }]
      .map((entry) => sequencer.append(entry, order))
      .map(fate);
    await clock.settle();
    expect(await Promise.all(fates)).toEqual(["too_soon", "duplicate", "conflict"]);
  });

  it("gathers messages of one order as ever, where it is known that there is none", async () => {
    const { clock, sequencer, batches } = await sequencerWith();
    const order = {};
    const sendThree = async () => {
      for (const text of ["a", "b", "c"]) void sequencer.append(from("bob", text), order);
      await clock.settle();
    };
    await sendThree();
    batches.length = 0;
    await sendThree();
    expect(batches.map((batch) => batch.length)).toEqual([3]);
  });

  it("I11: keeps the order behind the very entry that turns it on", async () => {
    const { clock, plain, sequencer, texts } = await sequencerWith();
    const order = {};
    for (const text of ["a", "b", "c"]) void sequencer.append(from("bob", text), order);
    await clock.settle();
    const { settingsVersion } = await settingsOf(plain, "c1");
    void sequencer.append(changeOfSettings("c1", "alice", { slow: 5_000 }, settingsVersion));
    const fates = [from("bob", "d"), reaction("c1", "bob", 2, "k")]
      .map((entry) => sequencer.append(entry, order))
      .map(fate);
    await clock.settle();
    expect(await Promise.all(fates)).toEqual(["too_soon", "blocked 5000"]);
    const again = [from("bob", "d"), reaction("c1", "bob", 2, "k")]
      .map((entry) => sequencer.append(entry, order))
      .map(fate);
    await clock.settle();
    expect(await Promise.all(again)).toEqual(["too_soon", "blocked 5000"]);
    expect(await texts("c1")).toEqual(["a", "b", "c", undefined]);
  });
});

describe("Sequencer: bounds", () => {
  it("refuses with a wait what is beyond its bound, and takes more once there is room", async () => {
    const limits = { batchEntriesMax: 1, sequencerEntriesMax: 2 };
    const { clock, sequencer, texts } = await sequencerWith({}, limits);
    const fates = ["a", "b", "c"].map((text) => fate(sequencer.append(say(text))));
    await clock.settle();
    expect(await Promise.all(fates)).toEqual(["event", "event", "unavailable 1000"]);
    void sequencer.append(say("d"));
    await clock.settle();
    expect(await texts("c1")).toEqual(["a", "b", "d"]);
  });

  it("says when nothing waits and nothing is in flight", async () => {
    const { clock, sequencer } = await sequencerWith({ delay: 1, delayMsMax: 10 });
    await sequencer.idle();
    void sequencer.append(say("a"));
    let idle = false;
    void sequencer.idle().then(() => {
      idle = true;
    });
    await clock.settle();
    expect(idle).toBe(false);
    await clock.advance(10);
    expect(idle).toBe(true);
  });
});
