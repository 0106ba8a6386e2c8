import { ChatError, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import type { Raise } from "../ports/watermarks.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Watermarks } from "./watermarks.ts";

/** Alice and bob in `c1`, with ten messages of alice's, and what their watermarks are told to be. */
async function watermarksOf({
  watermarksHeldMax = 100,
  watermarksHeldPerUserMax = 100,
  wrap = (store: MessageStore): Pick<MessageStore, "raise" | "put"> => store,
  members = [] as readonly string[],
} = {}) {
  const clock = new ManualClock();
  const store = memoryStore();
  await store.open();
  const made = conversation("c1");
  await store.create({ ...made, members: [...made.members, ...members.map((user) => [user, "member"] as const)] });
  await store.append(Array.from({ length: 10 }, () => message("c1", "alice", "hi")));
  const writes: { readonly at: number; readonly raises: readonly Raise[] }[] = [];
  const told: (readonly [user: string, delivered: number, read: number])[] = [];
  const lives = { now: made.epoch as string | null };
  const wrapped = wrap(store);
  const watermarks = new Watermarks({
    store: {
      raise: (raises) => {
        writes.push({ at: clock.monotonic(), raises });
        return wrapped.raise(raises);
      },
      put: (...given) => wrapped.put(...given),
    },
    clock,
    logger: silentLogger,
    limits: { watermarksHeldMax, watermarksHeldPerUserMax, rememberedMax: 10 },
    life: () => lives.now,
    raised: (_c, user, { delivered, read }) => told.push([user, delivered, read]),
  });
  const of = async (user: string) => {
    const [access] = await store.access([{ user, conversation: "c1" }]);
    return [access?.delivered, access?.read];
  };
  return { clock, store, watermarks, writes, told, of, lives, epoch: made.epoch };
}

describe("Watermarks", () => {
  it("S56: holds so many of one user, whoever else comes", async () => {
    const { clock, watermarks } = await watermarksOf({ watermarksHeldPerUserMax: 2 });
    for (const c of ["x1", "x2", "x3"]) watermarks.delivered("mallory", c, 1);
    expect(watermarks.size).toBe(2);
    await expect(watermarks.read("mallory", "x4", 1)).rejects.toMatchObject({ code: "unavailable" });
    watermarks.delivered("bob", "c1", 1);
    expect(watermarks.size).toBe(3);
    await clock.advance(2_000);
    expect(watermarks.size).toBe(0);
  });

  it("writes what was read within 200 ms, merged, and says when it is written", async () => {
    const { clock, watermarks, writes, told, of, epoch } = await watermarksOf();
    let written = 0;
    for (const seq of [3, 5, 4]) void watermarks.read("bob", "c1", seq).then(() => written++);
    await clock.advance(199);
    expect([writes, written]).toEqual([[], 0]);
    await clock.advance(1);
    expect(writes).toEqual([{ at: 200, raises: [{ user: "bob", conversation: "c1", epoch, read: 5 }] }]);
    expect([written, told, await of("bob")]).toEqual([3, [["bob", 5, 5]], [5, 5]]);
    expect([clock.pending, watermarks.size]).toEqual([0, 0]);
  });

  it("writes what was delivered at most every 2 s a member, with what was read sooner", async () => {
    const { clock, watermarks, writes, epoch } = await watermarksOf();
    for (let ms = 0; ms < 4_000; ms += 250) {
      watermarks.delivered("bob", "c1", 2 + ms / 500);
      await clock.advance(250);
    }
    expect(writes.map(({ at }) => at)).toEqual([2_000, 4_000]);
    watermarks.delivered("bob", "c1", 11);
    void watermarks.read("bob", "c1", 10);
    await clock.advance(200);
    expect(writes.at(-1)).toEqual({
      at: 4_200,
      raises: [{ user: "bob", conversation: "c1", epoch, delivered: 11, read: 10 }],
    });
    expect(clock.pending).toBe(0);
  });

  it("above the receipt limit every 30 s, once that is known", async () => {
    const members = Array.from({ length: LIMITS.receiptMembersMax }, (_, index) => `u${index}`);
    const { clock, watermarks, writes } = await watermarksOf({ members });
    watermarks.delivered("bob", "c1", 3);
    await clock.advance(2_000);
    watermarks.delivered("bob", "c1", 4);
    await clock.advance(29_999);
    expect(writes).toHaveLength(1);
    await clock.advance(1);
    expect(writes).toHaveLength(2);
    expect(watermarks.large("c1")).toBe(true);
    watermarks.members("c1", LIMITS.receiptMembersMax);
    expect(watermarks.large("c1")).toBe(false);
    watermarks.delivered("bob", "c1", 5);
    await clock.advance(2_000);
    expect(writes).toHaveLength(3);
  });

  it("I14: marks nothing as read by what was read in a life of the log that is over", async () => {
    const { clock, watermarks, told, of, lives, epoch } = await watermarksOf();
    lives.now = "before";
    const void1 = watermarks.read("bob", "c1", 9);
    watermarks.delivered("bob", "c1", 9);
    await clock.advance(2_000);
    await void1;
    expect([await of("bob"), told]).toEqual([[1, 1], []]);
    // The next life begins while something of the one before is held.
    void watermarks.read("bob", "c1", 10);
    lives.now = epoch;
    void watermarks.read("bob", "c1", 3);
    await clock.advance(200);
    expect(await of("bob")).toEqual([3, 3]);
  });

  it("I14: takes what is read while the life of the log is in doubt for the one that there is", async () => {
    const { clock, watermarks, of, lives } = await watermarksOf();
    lives.now = null;
    void watermarks.read("bob", "c1", 4);
    await clock.advance(200);
    expect(await of("bob")).toEqual([4, 4]);
  });

  it("tells nobody of what did not rise", async () => {
    const { clock, watermarks, told } = await watermarksOf();
    void watermarks.read("bob", "c1", 5);
    await clock.advance(200);
    void watermarks.read("bob", "c1", 4);
    watermarks.delivered("bob", "c1", 5);
    await clock.advance(200);
    expect(told).toEqual([["bob", 5, 5]]);
  });

  it("tells of the sender's own, which the append has raised, without touching the unread mark", async () => {
    const { clock, store, watermarks, told, epoch } = await watermarksOf();
    await store.put("alice", "c1", { marked: true });
    watermarks.sent("alice", "c1", { epoch, seq: 11 });
    await clock.advance(200);
    expect(told).toEqual([["alice", 11, 11]]);
    expect((await store.row("alice", "c1"))?.marked).toBe(true);
  });

  it("S14: refuses who is no member, and takes what is above the head for the head", async () => {
    const { clock, watermarks, told } = await watermarksOf();
    const [mallory, bob] = [watermarks.read("mallory", "c1", 1), watermarks.read("bob", "c1", 5_000)];
    const refused = expect(mallory).rejects.toMatchObject({ code: "not_found" });
    watermarks.delivered("mallory", "none", 3);
    await clock.advance(2_000);
    await refused;
    await bob;
    expect(told).toEqual([["bob", 11, 11]]);
  });

  it("writes at once what is held of a user who is waited for, and of nobody else", async () => {
    const { clock, watermarks, writes } = await watermarksOf();
    watermarks.delivered("bob", "c1", 5);
    watermarks.delivered("alice", "c1", 11);
    await watermarks.flush("bob");
    expect(writes.map(({ raises }) => raises.map(({ user }) => user))).toEqual([["bob"]]);
    await watermarks.flush("carol");
    expect(writes).toHaveLength(1);
    await clock.advance(2_000);
    expect(writes).toHaveLength(2);
  });

  it("waits for what is with the store already", async () => {
    let release = (): void => {};
    const { watermarks, of } = await watermarksOf({
      wrap: (store) => ({
        put: store.put.bind(store),
        raise: async (raises) => {
          await new Promise<void>((resolve) => (release = resolve));
          return store.raise(raises);
        },
      }),
    });
    watermarks.delivered("bob", "c1", 5);
    const first = watermarks.flush("bob");
    await new Promise((resolve) => setImmediate(resolve));
    let done = false;
    const second = watermarks.flush("bob").then(() => (done = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(done).toBe(false);
    release();
    await Promise.all([first, second]);
    expect(await of("bob")).toEqual([5, 1]);
  });

  it("writes at once when as many are held as may be, and beyond twice as many takes no more", async () => {
    let open = false;
    const waiting: (() => void)[] = [];
    const members = Array.from({ length: 9 }, (_, index) => `u${index}`);
    const { clock, watermarks, writes, of } = await watermarksOf({
      watermarksHeldMax: 3,
      members,
      wrap: (store) => ({
        put: store.put.bind(store),
        raise: async (raises) => {
          if (!open) await new Promise<void>((resolve) => waiting.push(resolve));
          return store.raise(raises);
        },
      }),
    });
    for (const user of ["u0", "u1", "u2"]) watermarks.delivered(user, "c1", 5);
    await clock.settle();
    expect(writes.map(({ raises }) => raises.length)).toEqual([3]);
    for (const user of ["u3", "u4", "u5", "u6"]) watermarks.delivered(user, "c1", 5);
    expect(watermarks.size).toBe(6);
    await expect(watermarks.read("u7", "c1", 5)).rejects.toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
    const read = watermarks.read("u5", "c1", 5);
    open = true;
    for (const resolve of waiting) resolve();
    await clock.advance(2_000);
    await read;
    expect([await of("u5"), await of("u6"), watermarks.size]).toEqual([[5, 5], [1, 1], 0]);
    expect(clock.pending).toBe(0);
  });

  it("keeps what could not be written, tells who waits, and tries again until it is", async () => {
    const clock = new ManualClock();
    const lossy = new Lossy({ clock, random: new SeededRandom(1) });
    for (const fault of ["failBefore", "failAfter"] as const) {
      lossy.on = true;
      const made = await watermarksOf({ wrap: (store) => lossy.wrap(store, { raise: { [fault]: 1 } }) });
      const waits = expect(made.watermarks.read("bob", "c1", 5)).rejects.toMatchObject({ code: "unavailable" });
      await made.clock.advance(1_200);
      await waits;
      expect([made.writes.length, made.watermarks.size, made.told]).toEqual([2, 1, []]);
      lossy.on = false;
      await made.clock.advance(1_000);
      // Also where the first try was stored: nobody had been told.
      expect([await made.of("bob"), made.told, made.watermarks.size]).toEqual([[5, 5], [["bob", 5, 5]], 0]);
      expect(made.clock.pending).toBe(0);
    }
  });

  it("does not ask a store that fails over and over when many are held", async () => {
    const { clock, watermarks, writes } = await watermarksOf({
      watermarksHeldMax: 2,
      wrap: (store) => ({ put: store.put.bind(store), raise: () => Promise.reject(new Error("down")) }),
    });
    for (let seq = 1; seq < 50; seq++) {
      watermarks.delivered(`u${seq % 4}`, "c1", seq);
      await clock.settle();
    }
    expect(writes.length).toBeLessThanOrEqual(2);
    await watermarks.close();
  });

  it("the unread mark comes behind what was read before it, and before what is read after", async () => {
    const { clock, store, watermarks } = await watermarksOf();
    const marked = async () => (await store.row("bob", "c1"))?.marked ?? false;
    void watermarks.read("bob", "c1", 5);
    expect(await watermarks.put("bob", "c1", { marked: true })).toBe(true);
    await clock.advance(1_000);
    expect(await marked()).toBe(true);
    const put = watermarks.put("bob", "c1", { marked: true });
    void watermarks.read("bob", "c1", 5);
    await put;
    await clock.advance(1_000);
    expect(await marked()).toBe(false);
    expect(await watermarks.put("mallory", "c1", { marked: true })).toBe(false);
  });

  it("the unread mark is refused while a read before it cannot be written: it would be cleared by it later", async () => {
    let failing = true;
    const { clock, store, watermarks } = await watermarksOf({
      wrap: (store) => ({
        put: store.put.bind(store),
        raise: (raises) => (failing ? Promise.reject(new Error("down")) : store.raise(raises)),
      }),
    });
    const read = expect(watermarks.read("bob", "c1", 5)).rejects.toMatchObject({ code: "unavailable" });
    await expect(watermarks.put("bob", "c1", { marked: true })).rejects.toMatchObject({ code: "unavailable" });
    await read;
    failing = false;
    await clock.advance(1_000);
    await watermarks.put("bob", "c1", { marked: true });
    await clock.advance(5_000);
    expect((await store.row("bob", "c1"))?.marked).toBe(true);
  });

  it("I25: writes what it can when it closes, gives up the rest, and leaves no timer", async () => {
    for (const failing of [false, true]) {
      const { clock, watermarks, of } = await watermarksOf({
        wrap: (store) => ({
          put: store.put.bind(store),
          raise: (raises) => (failing ? Promise.reject(new Error("down")) : store.raise(raises)),
        }),
      });
      watermarks.delivered("bob", "c1", 5);
      const read = watermarks.read("alice", "c1", 11).then(
        () => "written",
        (error: unknown) => (error as ChatError).code,
      );
      await watermarks.close();
      expect(await read).toBe(failing ? "unavailable" : "written");
      expect(await of("bob")).toEqual(failing ? [1, 1] : [5, 1]);
      watermarks.delivered("bob", "c1", 9);
      await expect(watermarks.read("bob", "c1", 9)).rejects.toMatchObject({ code: "closed" });
      expect([clock.pending, watermarks.size]).toEqual([0, 0]);
    }
  });

  it("gives up when the store is closed", async () => {
    const closed = () => Promise.reject(new ChatError("closed", "unable to use store; it is not open"));
    const { clock, watermarks, writes } = await watermarksOf({ wrap: () => ({ raise: closed, put: closed }) });
    const read = expect(watermarks.read("bob", "c1", 5)).rejects.toMatchObject({ code: "closed" });
    await clock.advance(200);
    await read;
    await clock.advance(60_000);
    expect([writes.length, clock.pending, watermarks.size]).toEqual([1, 0, 0]);
  });
});
