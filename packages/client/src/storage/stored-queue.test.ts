import { type Body, ChatError, parseJson, type SendFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { Changes, clockWithin } from "../changes.ts";
import type { AnySendOptions } from "../message.ts";
import { noStorage } from "../no-storage.ts";
import { CLIENT_LIMITS, type ClientLimits } from "../options.ts";
import type { ClientStorage } from "../ports/client-storage.ts";
import type { QueuedSend } from "../send/queued-send.ts";
import { SendQueue } from "../send/send-queue.ts";
import type { StorageRoom } from "../storage-room.ts";
import { FakeTabs } from "../testing/fake-tabs.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { MemoryDisk, memoryStorage } from "../testing/memory-storage.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { storageRoom } from "./storage-room.ts";

/** Time that a frame takes, each way, in ms. */
const LATENCY_MS = 5;

/** A gateway as sends see it: it takes what comes in order, once for each id, or refuses it. */
class Gateway {
  /** What it has, in order: `conversation/id`. */
  readonly log: string[] = [];
  /** What it got, repeats too. */
  readonly received: string[] = [];
  refuse: (frame: SendFrame) => { readonly code: "forbidden" | "rate_limited"; readonly retry?: number } | null = () =>
    null;

  take(frame: SendFrame) {
    const key = `${frame.c}/${frame.id}`;
    this.received.push(key);
    const refusal = this.log.includes(key) ? null : this.refuse(frame);
    if (refusal !== null) return { t: "error", id: frame.id, c: frame.c, message: "no", ...refusal } as const;
    if (!this.log.includes(key)) this.log.push(key);
    const seq = this.log.filter((each) => each.startsWith(`${frame.c}/`)).indexOf(key) + 1;
    return { t: "sent", id: frame.id, c: frame.c, epoch: "e1", seq, ord: seq, at: 5 } as const;
  }
}

interface TabOptions {
  readonly storage?: ClientStorage;
  readonly limits?: Partial<ClientLimits>;
  readonly user?: string;
}

/** The send room of one running client, with its storage and its connection. */
class Tab {
  readonly queue: SendQueue;
  readonly keep: StorageRoom;
  readonly changes = new Changes();
  readonly #clock: ManualClock;
  readonly #gateway: Gateway;
  readonly #user: string;
  #open = false;
  #session = 0;
  #dead = false;
  /** Whether the log is not here yet up to what was sent. */
  awaits = false;
  /** What came as answers to this session. */
  readonly delivered: string[] = [];
  /** Whether frames reach the gateway although their connection has ended. */
  straysArrive = false;

  constructor(clock: ManualClock, gateway: Gateway, { storage, limits, user = "me" }: TabOptions) {
    this.#clock = clock;
    this.#gateway = gateway;
    this.#user = user;
    const within = clockWithin(this.changes, clock);
    this.keep = storage
      ? storageRoom(storage, {
          ...{ clock: within, changes: this.changes, inbox: () => null, timeline: () => undefined },
          ...{ onOpen: () => {}, onChange: () => {} },
        })
      : noStorage;
    const tab = this;
    this.queue = new SendQueue({
      ...{ clock: within, random: new SeededRandom(1), changes: this.changes, storage: this.keep },
      limits: { ...CLIENT_LIMITS, ...limits },
      gateway: {
        get open() {
          return tab.#open;
        },
        ...{ stopped: null, want: () => void this.keep.ready(), ask: () => {} },
      },
      user: () => this.#user,
      tellAwaited: (text) => this.#send(parseJson(text) as SendFrame),
      skip: () => {},
      reached: () => "sent",
      awaits: () => this.awaits,
      onSent: (c, _, { seq }) => {
        this.delivered.push(`${c}@${seq}`);
        return false;
      },
      onChange: () => {},
    });
    void this.keep.ready();
  }

  connect(inflight = 64): void {
    if (this.#open || this.#dead) return;
    this.#open = true;
    this.#session++;
    this.changes.run(() => {
      this.keep.begin(this.#user);
      this.queue.welcomed({ frame: 65_536, body: 32_768, inflight });
    });
  }

  lose(code = 1006): void {
    this.#open = false;
    this.#session++;
    this.changes.run(() => this.queue.lost(code));
  }

  send(id: string, c = "c1", body: Body | undefined = { id }, options: AnySendOptions = {}): QueuedSend {
    return this.changes.run(() => this.queue.send(c, body, { id, ...options }));
  }

  crash(): void {
    this.#dead = true;
    this.#open = false;
  }

  #send(frame: SendFrame): void {
    const session = this.#session;
    this.#clock.after(LATENCY_MS, () => {
      if ((this.#dead || session !== this.#session) && !this.straysArrive) return;
      const answer = this.#gateway.take(frame);
      this.#clock.after(LATENCY_MS, () => {
        if (!this.#dead && session === this.#session) this.changes.run(() => this.queue.take(answer));
      });
    });
  }
}

/** Ends its tab at the n-th call: before it did anything, or when it has done it and cannot tell any more. */
function crashingStorage(disk: MemoryDisk, at: number, after: boolean, onCrash: () => void): ClientStorage {
  let calls = 0;
  let crashed = false;
  return new Proxy(memoryStorage(disk), {
    get: (storage, name: keyof ClientStorage) => {
      const method = storage[name];
      if (typeof method !== "function") return method;
      return async (...args: unknown[]) => {
        const forEver = new Promise(() => {});
        if (crashed) return forEver;
        if (calls++ === at) {
          crashed = true;
          if (after) await (method as (...args: unknown[]) => Promise<unknown>).apply(storage, args);
          onCrash();
          return forEver;
        }
        return (method as (...args: unknown[]) => Promise<unknown>).apply(storage, args);
      };
    },
  });
}

const status = (...sends: readonly QueuedSend[]) => sends.map((send) => send.current.status);

describe("the stored queue", () => {
  it("I1 I3 I4 I11: wherever the tab crashes, what was stored arrives, once, in order, and no stays no", async () => {
    let crashes = 0;
    for (const after of [false, true]) {
      for (const straysArrive of [false, true]) {
        for (let at = 0; at < 40; at++) {
          const clock = new ManualClock();
          const gateway = new Gateway();
          const disk = new MemoryDisk();
          let refused = false;
          gateway.refuse = ({ id }) => {
            // no once; whoever asks again gets it
            if (id !== "b" || refused) return null;
            refused = true;
            return { code: "forbidden" };
          };
          let crashed = false;
          const first = new Tab(clock, gateway, {
            storage: crashingStorage(disk, at, after, () => {
              crashed = true;
              first.crash();
            }),
          });
          first.straysArrive = straysArrive;
          await clock.settle();
          const written: string[] = [];
          const outs = new Map<string, QueuedSend>();
          const write = (id: string, c = "c1", ...rest: [Body?, AnySendOptions?]): void => {
            if (crashed) return;
            written.push(`${c}/${id}`);
            outs.set(`${c}/${id}`, first.send(id, c, ...rest));
          };
          write("a");
          first.connect();
          write("b");
          write("x", "c2");
          await clock.advance(7);
          write("c");
          write("d", "c1", { text: "new" }, { type: "edit", re: 1 });
          await clock.advance(5);
          write("y", "c2");
          if (!crashed) first.lose();
          await clock.advance(1);
          first.connect();
          write("e");
          await clock.advance(1_000);
          crashes += crashed ? 1 : 0;
          const said = (what: string): string[] =>
            [...outs].filter(([, out]) => out.current.status === what).map(([key]) => key);
          const stored = new Set([...disk.sends.values()].map(({ c, id }) => `${c}/${id}`));

          const second = new Tab(clock, gateway, { storage: memoryStorage(disk) });
          second.connect();
          await clock.advance(1_000);
          const story = { at, after, straysArrive, log: gateway.log };
          // what was told, and what was stored
          for (const key of said("sent")) expect(gateway.log, JSON.stringify({ ...story, sent: key })).toContain(key);
          for (const key of said("failed"))
            expect(gateway.log, JSON.stringify({ ...story, no: key })).not.toContain(key);
          for (const key of stored) {
            const settled = gateway.log.includes(key) || (key === "c1/b" && refused);
            expect(settled, JSON.stringify({ ...story, stored: key })).toBe(true);
          }
          // once, and in order
          expect(new Set(gateway.log).size).toBe(gateway.log.length);
          for (const c of ["c1/", "c2/"]) {
            const of = (keys: readonly string[]) => keys.filter((key) => key.startsWith(c));
            // what was refused let those behind it pass
            const behind = (key: string): boolean => !refused || key !== "c1/b";
            const inOrder = of(written).filter((key) => gateway.log.includes(key) && behind(key));
            expect(of(gateway.log).filter(behind), JSON.stringify(story)).toEqual(inOrder);
          }
          expect([disk.sends.size, second.queue.since]).toEqual([0, null]);
        }
      }
    }
    // the longest story makes fewer calls than were tried, and most of them were crashed at
    expect(crashes).toBeGreaterThan(20);
    expect(crashes).toBeLessThan(160);
  });

  it("I1: nothing goes out before it is written, and windows do not wait for it", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const storage = memoryStorage(disk);
    const put = storage.putSends.bind(storage);
    let write = (): void => {};
    storage.putSends = (sends) =>
      new Promise((resolve) => {
        write = () => resolve(put(sends));
      });
    const tab = new Tab(clock, gateway, { storage });
    tab.connect();
    await clock.advance(10);
    const a = tab.send("a");
    expect(tab.queue.tail("c1")).toEqual([a]);
    await clock.advance(100);
    const b = tab.send("b");
    expect([gateway.received, status(a, b)]).toEqual([[], ["pending", "pending"]]);
    write();
    await clock.advance(100);
    expect([gateway.received, status(a, b)]).toEqual([["c1/a"], ["sent", "pending"]]);
    write();
    await clock.advance(100);
    expect([gateway.received, status(b)]).toEqual([["c1/a", "c1/b"], ["sent"]]);
  });

  it("what was written offline stands in its windows after a reload, in the old order, and goes first", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const first = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    first.connect();
    await clock.advance(10);
    first.lose();
    for (const id of ["a", "b"]) first.send(id);
    first.send("e", "c1", { text: "new" }, { type: "edit", re: 1 });
    await clock.advance(10);
    first.crash();
    // this machine's clock went back
    clock.stepWall(-86_400_000);
    const second = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    const c = second.send("c");
    await clock.advance(10);
    expect(second.queue.tail("c1").map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(second.queue.overlays("c1")).toEqual([{ type: "edit", re: 1, body: { text: "new" } }]);
    expect(second.queue.tail("c1")[0]?.current).toMatchObject({ status: "pending", body: { id: "a" }, own: true });
    second.connect();
    await clock.advance(100);
    expect(gateway.log).toEqual(["c1/a", "c1/b", "c1/e", "c1/c"]);
    expect([status(c), second.queue.tail("c1"), second.queue.overlays("c1")]).toEqual([["sent"], [], []]);
  });

  it("closed, what is unanswered fails here, stays stored, and is sent by the next client", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const first = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    first.connect();
    await clock.advance(10);
    first.lose();
    const [a] = [first.send("a"), first.send("b")];
    first.queue.close(new ChatError("closed", "closed"));
    await first.keep.close(false);
    expect([status(a), disk.sends.size]).toEqual([["failed"], 2]);
    const second = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    second.connect();
    await clock.advance(100);
    expect(gateway.log).toEqual(["c1/a", "c1/b"]);
  });

  it("counts over a reload the closes that a send may have caused", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const first = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    first.connect();
    await clock.advance(10);
    first.send("poison");
    first.send("good");
    await clock.advance(2);
    first.lose(4500);
    await clock.advance(10);
    first.crash();
    gateway.received.length = 0;
    const second = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    second.connect();
    await clock.advance(2);
    const [poison] = second.queue.tail("c1");
    second.lose(4500);
    await clock.advance(10);
    expect(poison?.current).toMatchObject({ status: "failed", error: { code: "invalid" } });
    second.connect();
    await clock.advance(50);
    expect([gateway.log, disk.sends.size]).toEqual([["c1/good"], 0]);
  });

  it("I11: one that is written anew lets none behind it pass meanwhile", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const storage = memoryStorage();
    const put = storage.putSends.bind(storage);
    const tab = new Tab(clock, gateway, { storage });
    tab.connect(1);
    await clock.advance(10);
    tab.send("a");
    tab.send("b");
    await clock.advance(2);
    // `a` was on its way, and is written with what it is suspected of
    let write = (): void => {};
    storage.putSends = (sends) =>
      new Promise((resolve) => {
        write = () => resolve(put(sends));
      });
    tab.lose(4500);
    await clock.settle();
    tab.connect();
    await clock.advance(50);
    expect(gateway.received).toEqual([]);
    write();
    await clock.advance(50);
    expect(gateway.received).toEqual(["c1/a", "c1/b"]);
  });

  it("I3: cancels what was never out of reach, and not what an earlier life may have sent", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const first = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    first.connect();
    await clock.advance(10);
    first.lose();
    const [a, b] = [first.send("a"), first.send("b")];
    await clock.advance(10);
    expect([a?.cancel(), status(a as QueuedSend)]).toEqual([true, ["failed"]]);
    await clock.advance(10);
    expect([disk.sends.size, first.queue.tail("c1")]).toEqual([1, [b]]);
    first.crash();
    const second = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    await clock.settle();
    expect(second.queue.tail("c1")[0]?.cancel()).toBe(false);
  });

  it("I3: a refusal is told when no crash can undo it", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    gateway.refuse = () => ({ code: "forbidden" });
    const storage = memoryStorage();
    let removed = (): void => {};
    storage.removeSends = () =>
      new Promise((resolve) => {
        removed = resolve;
      });
    const tab = new Tab(clock, gateway, { storage });
    tab.connect();
    const a = tab.send("a");
    await clock.advance(100);
    expect([gateway.received, status(a)]).toEqual([["c1/a"], ["pending"]]);
    removed();
    await clock.settle();
    expect(status(a)).toEqual(["failed"]);
  });

  it("I1 I3: a full storage is said, and everything goes on in memory", async () => {
    for (const broken of ["open", "begin", "putSends", "removeSends"] as const) {
      const clock = new ManualClock();
      const gateway = new Gateway();
      const storage = memoryStorage();
      Object.assign(storage, { [broken]: () => Promise.reject(new DOMException("full", "QuotaExceededError")) });
      const tab = new Tab(clock, gateway, { storage });
      await clock.settle();
      tab.connect();
      const sends = ["a", "b"].map((id) => tab.send(id));
      await clock.advance(100);
      sends.push(tab.send("c"));
      await clock.advance(100);
      expect(status(...sends), broken).toEqual(["sent", "sent", "sent"]);
      expect(tab.keep.view, broken).toMatchObject({ status: "failed", error: { code: "storage" } });
      expect([gateway.log, clock.pending]).toEqual([["c1/a", "c1/b", "c1/c"], 0]);
    }
  });

  it("I1: a storage that never answers is given up, and holds nothing back for ever", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const storage = memoryStorage();
    storage.open = () => new Promise(() => {});
    const tab = new Tab(clock, gateway, { storage });
    tab.connect();
    const a = tab.send("a");
    await clock.advance(9_000);
    expect(gateway.received).toEqual([]);
    await clock.advance(1_500);
    expect([status(a), tab.keep.view.status, clock.pending]).toEqual([["sent"], "failed", 0]);
  });

  it("I18: another user's sends are neither sent nor shown, and gone", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const first = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    first.connect();
    await clock.advance(10);
    first.lose();
    first.send("a");
    await clock.advance(10);
    first.crash();
    const second = new Tab(clock, gateway, { storage: memoryStorage(disk), user: "you" });
    await clock.settle();
    // what the wiring does when it hears who the user is
    second.queue.forget();
    second.connect();
    await clock.advance(100);
    second.send("b");
    await clock.advance(100);
    expect([gateway.log, second.queue.tail("c1"), disk.user, disk.sends.size]).toEqual([["c1/b"], [], "you", 0]);
  });

  it("takes no more from the storage than the queue may hold, and the rest when there is room", async () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const first = new Tab(clock, gateway, { storage: memoryStorage(disk) });
    first.connect();
    await clock.advance(10);
    first.lose();
    for (let at = 0; at < 25; at++) first.send(`m${10 + at}`);
    await clock.advance(10);
    first.crash();
    const second = new Tab(clock, gateway, { storage: memoryStorage(disk), limits: { queuedSendsMax: 10 } });
    await clock.settle();
    expect(second.queue.tail("c1").length).toBe(10);
    second.connect();
    await clock.advance(1_000);
    expect(gateway.log).toEqual(Array.from({ length: 25 }, (_, at) => `c1/m${10 + at}`));
    expect(disk.sends.size).toBe(0);
  });
});

describe("the queue of several tabs", () => {
  const scene = () => {
    const clock = new ManualClock();
    const gateway = new Gateway();
    const disk = new MemoryDisk();
    const tabs = new FakeTabs();
    const open = async () => {
      const end = tabs.open();
      const storage = memoryStorage(disk, end);
      const tab = new Tab(clock, gateway, { storage });
      await clock.advance(20);
      return { tab, end, storage };
    };
    return { clock, gateway, disk, tabs, open };
  };

  it("I4 I11: one sends for all, in each tab's order; every tab hears what became of its own", async () => {
    const { clock, gateway, disk, tabs, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    const sends: QueuedSend[] = [];
    for (let at = 0; at < 5; at++) {
      sends.push(one.tab.send(`a${at}`), two.tab.send(`b${at}`));
      await clock.advance(3);
    }
    await clock.advance(200);
    expect(new Set(status(...sends))).toEqual(new Set(["sent"]));
    expect(gateway.received.length).toBe(10);
    for (const own of ["a", "b"]) {
      expect(gateway.log.filter((key) => key.startsWith(`c1/${own}`))).toEqual(
        [0, 1, 2, 3, 4].map((at) => `c1/${own}${at}`),
      );
    }
    expect([disk.sends.size, tabs.holder("sends")]).toEqual([0, one.end]);
    for (const { tab } of [one, two]) expect(tab.queue.tail("c1")).toEqual([]);
  });

  it("I3: a refusal is heard in the tab that wrote it", async () => {
    const { clock, gateway, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    gateway.refuse = () => ({ code: "forbidden" });
    const out = two.tab.send("a");
    await clock.advance(100);
    expect(out.current).toMatchObject({ status: "failed", error: { code: "forbidden" } });
    expect(one.tab.queue.tail("c1").map(({ status: is }) => is)).toEqual(["failed"]);
    // tried again in the other tab, it is sent for both
    gateway.refuse = () => null;
    two.tab.changes.run(() => out.retry());
    await clock.advance(100);
    expect([status(out), gateway.received]).toEqual([["sent"], ["c1/a", "c1/a"]]);
    expect([one.tab.queue.tail("c1"), two.tab.queue.tail("c1")]).toEqual([[], []]);
  });

  it("I1 I4 I11: when the sending tab dies another takes over at once, in the old order", async () => {
    const { clock, gateway, disk, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    for (const { tab } of [one, two]) tab.lose();
    for (let at = 0; at < 5; at++) {
      one.tab.send(`a${at}`);
      two.tab.send(`b${at}`);
      await clock.advance(3);
    }
    // both show all of it
    expect(two.tab.queue.tail("c1").length).toBe(10);
    one.tab.connect();
    await clock.advance(LATENCY_MS + 1);
    one.tab.crash();
    one.end.crash();
    two.tab.connect();
    await clock.advance(900);
    const inOrder = [0, 1, 2, 3, 4].flatMap((at) => [`c1/a${at}`, `c1/b${at}`]);
    expect([gateway.log, disk.sends.size, two.tab.queue.tail("c1")]).toEqual([inOrder, 0, []]);
  });

  it("I24: a tab that is connected takes the turn of one that is frozen, and of one that is not", async () => {
    for (const hold of ["frozen", "offline"] as const) {
      const { clock, gateway, tabs, disk, open } = scene();
      const [one, two] = [await open(), await open()];
      for (const { tab } of [one, two]) tab.connect();
      await clock.advance(20);
      const early = one.tab.send("early");
      await clock.advance(100);
      one.tab.lose();
      if (hold === "frozen") one.end.freeze();
      const out = two.tab.send("late");
      await clock.advance(2_500);
      expect(gateway.log, hold).toEqual(["c1/early"]);
      await clock.advance(2_500);
      expect([status(early, out), tabs.holder("sends") === two.end], hold).toEqual([["sent", "sent"], true]);
      // it comes back, hears of everything, and sends by way of the other
      one.end.thaw();
      one.tab.connect();
      const again = one.tab.send("again");
      await clock.advance(200);
      expect([status(again), gateway.received], hold).toEqual([["sent"], ["c1/early", "c1/late", "c1/again"]]);
      await clock.advance(4_000);
      expect([disk.sends.size, one.tab.queue.tail("c1").length, clock.pending], hold).toEqual([0, 0, 0]);
    }
  });

  it("a tab that is there and connected keeps its turn, however long the gateway makes it wait", async () => {
    const { clock, gateway, tabs, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    let refuses = true;
    gateway.refuse = () => (refuses ? { code: "rate_limited", retry: 20_000 } : null);
    const out = two.tab.send("a");
    await clock.advance(15_000);
    refuses = false;
    expect([tabs.holder("sends"), gateway.received.length, status(out)]).toEqual([one.end, 1, ["pending"]]);
    await clock.advance(15_000);
    expect([status(out), gateway.received.length]).toEqual([["sent"], 2]);
  });

  it("I11: who takes over sends what it has never heard of before what it has", async () => {
    const { clock, gateway, disk, open, tabs } = scene();
    const one = await open();
    const end = tabs.open();
    // as where notes are lost
    const deaf = {
      lock: end.lock.bind(end),
      channel: () => ({ post: () => {}, close: () => {} }),
    };
    const two = new Tab(clock, gateway, { storage: memoryStorage(disk, deaf) });
    for (const tab of [one.tab, two]) tab.connect();
    await clock.advance(20);
    for (const tab of [one.tab, two]) tab.lose();
    one.tab.send("a");
    await clock.advance(5);
    two.send("b");
    await clock.advance(5);
    two.connect();
    await clock.advance(20);
    expect([gateway.received, two.queue.tail("c1").length]).toEqual([[], 1]);
    one.tab.crash();
    one.end.crash();
    await clock.advance(50);
    expect(gateway.received).toEqual(["c1/a", "c1/b"]);
  });

  it("I11: what is found later and is older goes behind what the gateway holds the others back for", async () => {
    const { clock, gateway, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    gateway.refuse = () => ({ code: "rate_limited", retry: 500 });
    const found = two.storage.putSends.bind(two.storage);
    // its place was given, and its write takes long
    two.storage.putSends = async (sends) => {
      await new Promise<void>((resolve) => void clock.after(100, resolve));
      await found(sends);
    };
    two.tab.send("old");
    await clock.advance(1);
    one.tab.send("refused");
    await clock.advance(200);
    gateway.refuse = () => null;
    await clock.advance(2_000);
    expect(gateway.received).toEqual(["c1/refused", "c1/refused", "c1/old"]);
  });

  it("I3: nobody cancels what another tab may have sent", async () => {
    const { clock, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    for (const { tab } of [one, two]) tab.lose();
    const [mine, other] = [one.tab.send("a"), two.tab.send("b")];
    await clock.advance(20);
    expect([mine.cancel(), other.cancel()]).toEqual([true, false]);
    await clock.advance(20);
    // what is cancelled leaves the other tab's windows too
    expect(two.tab.queue.tail("c1")).toEqual([other]);
  });

  it("I13: an answer that another tab has told of is still how its seq comes to this session", async () => {
    const { clock, gateway, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    const out = one.tab.send("a");
    await clock.advance(2);
    // on its way from the first; the second is told that it is answered before the first is
    const told = {
      t: "sent",
      c: "c1",
      id: "a",
      epoch: "e1",
      row: { seq: 1, ord: 1, type: "message", from: "me", at: 5 },
    };
    two.end.channel("sends.1/me", () => {}).post(told);
    await clock.settle();
    expect([status(out), one.tab.delivered]).toEqual([["sent"], []]);
    await clock.advance(50);
    expect([one.tab.delivered, gateway.received.length]).toEqual([["c1@1"], 1]);
  });

  it("what another tab has sent stands where it stood until the log has come", async () => {
    const { clock, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    two.tab.awaits = true;
    const out = two.tab.send("a");
    await clock.advance(50);
    expect([status(out), two.tab.queue.tail("c1")]).toEqual([["sent"], [out]]);
    two.tab.queue.observe("c1", "e1", [], 1);
    expect(two.tab.queue.tail("c1")).toEqual([]);
  });

  it("I4: an answer that its tab died with is asked for again", async () => {
    const { clock, gateway, disk, tabs, open } = scene();
    const [one, two, three] = [await open(), await open(), await open()];
    for (const { tab } of [one, two, three]) tab.connect();
    await clock.advance(20);
    // this one never hears of it
    two.end.freeze();
    const out = three.tab.send("a");
    // the first has its answer, and has taken it out; it ends before it can tell
    one.end.freeze();
    await clock.advance(20);
    disk.sends.clear();
    gateway.log.push("c1/a");
    one.tab.crash();
    one.end.crash();
    two.end.thaw();
    await clock.advance(500);
    expect([tabs.holder("sends"), status(out)]).toEqual([two.end, ["pending"]]);
    await clock.advance(6_000);
    expect([status(out), gateway.log, disk.sends.size]).toEqual([["sent"], ["c1/a"], 0]);
    expect(two.tab.queue.tail("c1")).toEqual([]);
  });

  it("I25: closed, a tab holds no lock and hears nothing; another's storage failure is its own", async () => {
    const { clock, gateway, tabs, open } = scene();
    const [one, two] = [await open(), await open()];
    for (const { tab } of [one, two]) tab.connect();
    await clock.advance(20);
    expect(tabs.inUse).toBe(4);
    one.storage.putSends = () => Promise.reject(new Error("broken"));
    const out = one.tab.send("a");
    await clock.advance(100);
    expect([status(out), one.tab.keep.view.status, tabs.holder("sends")]).toEqual([["sent"], "failed", two.end]);
    expect(two.tab.keep.view.status).toBe("saved");
    two.tab.queue.close(new ChatError("closed", "closed"));
    await two.tab.keep.close(false);
    expect([tabs.inUse, clock.pending, gateway.log]).toEqual([0, 0, ["c1/a"]]);
  });
});
