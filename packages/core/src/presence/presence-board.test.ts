import { describe, expect, it } from "vitest";
import { memoryPresence } from "../presence/memory-presence-store.ts";
import { Lossy } from "../testing/lossy.ts";
import { presenceNode, presenceScene } from "../testing/presence-scene.ts";
import { SeededRandom } from "../testing/seeded-random.ts";

describe("PresenceBoard: what is told", () => {
  it("answers where users stand now, in the order asked", async () => {
    const { clock, watcher, enter, watch, board } = await presenceScene();
    enter("s1", "alice");
    enter("s2", "bob", { activity: "idle" });
    await clock.settle();
    const rows = [
      { user: "carol", status: "offline" },
      { user: "bob", status: "away" },
      { user: "alice", status: "online" },
    ];
    expect(await watch(watcher("viewer"), "c1", ["carol", "bob", "alice"])).toEqual(rows);
    expect(await board.see(["carol", "bob", "alice"])).toEqual(rows);
  });

  it("tells changes once a second, merged into one frame, without id, and only changes", async () => {
    const { clock, watcher, enter, tracker, watch } = await presenceScene();
    const viewer = watcher("viewer");
    await watch(viewer, "c1", ["alice", "bob", "carol"]);
    enter("s1", "alice");
    await clock.advance(300);
    enter("s2", "bob");
    tracker.activity("s1", "idle");
    await clock.advance(300);
    tracker.activity("s1", "active");
    tracker.activity("s1", "idle");
    await clock.advance(399);
    expect(viewer.take()).toEqual([]);
    await clock.advance(1);
    expect(viewer.take()).toEqual([
      {
        t: "presence",
        users: [
          { user: "alice", status: "away" },
          { user: "bob", status: "online" },
        ],
      },
    ]);
    // Back to what was told last: nothing to tell.
    tracker.activity("s1", "active");
    await clock.settle();
    tracker.activity("s1", "idle");
    await clock.advance(5_000);
    expect(viewer.take()).toEqual([]);
  });

  it("tells at most one frame a second, whatever happens", async () => {
    const { clock, watcher, enter, tracker, watch } = await presenceScene();
    const viewer = watcher("viewer");
    enter("s1", "alice");
    await clock.settle();
    await watch(viewer, "c1", ["alice"]);
    for (let n = 0; n < 100; n++) {
      tracker.activity("s1", n % 3 === 0 ? "idle" : "active");
      await clock.advance(97);
    }
    await clock.advance(1_000);
    expect(viewer.take().length).toBeLessThanOrEqual(11);
    expect(viewer.view.get("alice")?.status).toBe("idle" === tracker.of("alice")[0]?.activity ? "away" : "online");
  });

  it("I21: is online while any device is, and sees no flap, no late close and no idle second device", async () => {
    const { clock, watcher, enter, bye, lose, tracker, watch } = await presenceScene();
    const viewer = watcher("viewer");
    const [phone, desk] = [enter("s1", "alice", { device: "phone" }), enter("s2", "alice", { device: "desk" })];
    await clock.settle();
    await watch(viewer, "c1", ["alice"]);
    tracker.activity("s2", "idle");
    await clock.advance(2_000);
    bye(phone);
    await clock.advance(4_800);
    const again = enter("s3", "alice", { device: "phone" });
    await clock.advance(2_000);
    const newer = enter("s4", "alice", { device: "phone" });
    await clock.advance(2_000);
    lose(again, 0);
    lose(desk);
    await clock.advance(60_000);
    expect(viewer.take()).toEqual([]);
    bye(newer);
    await clock.advance(6_100);
    expect(viewer.take()).toMatchObject([{ users: [{ user: "alice", status: "offline" }] }]);
  });

  it("I21: tells of a goodbye after 5 to 6 s, and of silence by two heartbeats and 5 s", async () => {
    const { clock, watcher, enter, bye, lose, watch } = await presenceScene();
    const viewer = watcher("viewer");
    const [polite, dead] = [enter("s1", "alice"), enter("s2", "bob")];
    await clock.settle();
    await watch(viewer, "c1", ["alice", "bob"]);
    const at = clock.now();
    bye(polite);
    await clock.advance(5_000);
    expect(viewer.take()).toEqual([]);
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([{ t: "presence", users: [{ user: "alice", status: "offline", seen: at }] }]);
    await clock.advance(35_000);
    lose(dead, 0);
    await clock.advance(2_000);
    expect(viewer.take()).toEqual([]);
    await clock.advance(2_000);
    expect(clock.monotonic()).toBe(45_000);
    expect(viewer.take()).toEqual([{ t: "presence", users: [{ user: "bob", status: "offline", seen: at }] }]);
  });

  it("I21: tells within 35 s of a gateway that was killed", async () => {
    const { clock, registry, watcher, watch } = await presenceScene();
    const plain = memoryPresence(registry);
    const lossy = new Lossy({ clock, random: new SeededRandom(3) });
    const cut = { drop: 1 };
    const store = lossy.wrap(plain, { lease: cut, put: cut, remove: cut });
    lossy.on = false;
    const other = await presenceNode({ clock, registry, node: "n2", store });
    const viewer = watcher("viewer");
    other.enter("s1", "alice");
    await clock.advance(9_999);
    await watch(viewer, "c1", ["alice"]);
    lossy.on = true;
    const killedAt = clock.monotonic();
    await clock.advance(35_000);
    expect(viewer.told.at(-1)).toMatchObject({ row: { status: "offline", seen: clock.now() - 44_999 } });
    expect((viewer.told.at(-1)?.at ?? 0) - killedAt).toBeLessThanOrEqual(35_000);
  });

  it("tells nothing of who is invisible but that they are not there, and seen when they turned so", async () => {
    const { clock, watcher, enter, bye, tracker, watch } = await presenceScene();
    const viewer = watcher("viewer");
    const one = enter("s1", "alice");
    await clock.settle();
    await watch(viewer, "c1", ["alice"]);
    tracker.activity("s1", "invisible");
    const turnedAt = clock.now();
    await clock.advance(1_000);
    expect(viewer.take()).toMatchObject([{ users: [{ user: "alice", status: "offline", seen: turnedAt }] }]);
    await clock.advance(10_000);
    const other = enter("s2", "alice", { activity: "invisible" });
    await clock.advance(10_000);
    bye(one);
    bye(other);
    await clock.advance(60_000);
    expect(viewer.take()).toEqual([]);
    enter("s3", "alice", { activity: "invisible" });
    await clock.advance(10_000);
    expect(await watch(watcher("late"), "c1", ["alice"])).toEqual([
      { user: "alice", status: "offline", seen: turnedAt },
    ]);
    tracker.activity("s3", "idle");
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([{ t: "presence", users: [{ user: "alice", status: "away" }] }]);
  });

  it("I21: tells nobody offline whose session is on this very node, though the node's lease was lost", async () => {
    const { clock, registry, watcher, enter, watch } = await presenceScene();
    const viewer = watcher("viewer");
    enter("s1", "alice");
    await clock.settle();
    await watch(viewer, "c1", ["alice"]);
    registry.lease("n1", 0);
    await clock.advance(30_000);
    expect(viewer.take()).toEqual([]);
    expect(registry.of(["alice"])[0]?.sessions).toHaveLength(1);
  });

  it("encodes news of one user once for all who watch them", async () => {
    const { clock, watcher, enter, watch } = await presenceScene();
    const viewers = Array.from({ length: 1_200 }, (_, n) => watcher(`v${n}`));
    const frames = new Set<object>();
    for (const viewer of viewers) {
      const tell = viewer.tell.bind(viewer);
      viewer.tell = (encoded) => {
        frames.add(encoded);
        tell(encoded);
      };
      await watch(viewer, "c1", ["alice"]);
    }
    enter("s1", "alice");
    await clock.advance(1_000);
    expect(viewers.every((viewer) => viewer.view.get("alice")?.status === "online")).toBe(true);
    expect(frames.size).toBe(1);
  });

  it("keeps the latest for a session whose socket is full, and tells it when there is room", async () => {
    const { clock, watcher, enter, tracker, watch, board } = await presenceScene();
    const [slow, quick] = [watcher("slow"), watcher("quick")];
    await watch(slow, "c1", ["alice", "bob"]);
    await watch(quick, "c1", ["alice", "bob"]);
    slow.full = true;
    enter("s1", "alice");
    await clock.advance(1_000);
    enter("s2", "bob");
    tracker.activity("s1", "idle");
    await clock.advance(1_000);
    expect(slow.take()).toEqual([]);
    expect(quick.take()).toHaveLength(2);
    slow.drain();
    await clock.settle();
    expect(slow.take()).toEqual([
      {
        t: "presence",
        users: [
          { user: "alice", status: "away" },
          { user: "bob", status: "online" },
        ],
      },
    ]);
    slow.full = true;
    tracker.activity("s1", "active");
    await clock.advance(1_000);
    expect(board.sizes.waiting).toBe(1);
    board.end(slow);
    expect(board.sizes.waiting).toBe(0);
    slow.drain();
    await clock.settle();
    expect(slow.take()).toEqual([]);
  });

  it("reads again a second later where the store failed", async () => {
    const { clock, registry, watcher } = await presenceScene();
    const lossy = new Lossy({ clock, random: new SeededRandom(5) });
    const store = lossy.wrap(memoryPresence(registry), { of: { failBefore: 1 } });
    lossy.on = false;
    const other = await presenceNode({ clock, registry, node: "n2", store });
    const viewer = watcher("viewer");
    await other.watch(viewer, "c1", ["alice"]);
    lossy.on = true;
    other.enter("s1", "alice");
    await clock.advance(3_000);
    expect(viewer.take()).toEqual([]);
    await expect(other.watch(viewer, "c1", ["alice", "bob"])).rejects.toMatchObject({ code: "unavailable" });
    // What was watched before stays so, what was not begun is not.
    expect(other.board.sizes).toMatchObject({ watchers: 1, watched: 1 });
    lossy.on = false;
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([{ t: "presence", users: [{ user: "alice", status: "online" }] }]);
  });
});

describe("PresenceBoard: who is told", () => {
  it("tells watchers alone, and what they watch alone", async () => {
    const { clock, watcher, enter, watch } = await presenceScene();
    const [one, other] = [watcher("one"), watcher("other")];
    await watch(one, "c1", ["alice"]);
    await watch(other, "c1", ["bob"]);
    for (const user of ["alice", "bob", "carol"]) enter(`s-${user}`, user);
    await clock.advance(1_000);
    expect(one.take()).toEqual([{ t: "presence", users: [{ user: "alice", status: "online" }] }]);
    expect(other.take()).toEqual([{ t: "presence", users: [{ user: "bob", status: "online" }] }]);
  });

  it("ends with unsubscribe, of some or of all", async () => {
    const { clock, watcher, enter, watch, board } = await presenceScene();
    const viewer = watcher("viewer");
    await watch(viewer, "c1", ["alice", "bob", "carol"]);
    board.unwatch(viewer, ["alice", "unknown"]);
    for (const user of ["alice", "bob"]) enter(`s-${user}`, user);
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([{ t: "presence", users: [{ user: "bob", status: "online" }] }]);
    board.unwatch(viewer);
    enter("s-carol", "carol");
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([]);
    expect(board.sizes).toEqual({ watchers: 0, watched: 0, grounds: 0, waiting: 0 });
  });

  it("I18: ends when the watched leave the conversation, unless another one is shared", async () => {
    const { clock, watcher, enter, tracker, watch, board } = await presenceScene();
    const viewer = watcher("viewer");
    await watch(viewer, "c1", ["alice", "bob"]);
    await watch(viewer, "c2", ["bob"]);
    board.left("c1", ["alice", "bob"]);
    for (const user of ["alice", "bob"]) enter(`s-${user}`, user);
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([{ t: "presence", users: [{ user: "bob", status: "online" }] }]);
    board.left("c2", ["bob"]);
    tracker.activity("s-bob", "idle");
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([]);
    expect(board.sizes).toMatchObject({ watchers: 0, watched: 0, grounds: 0 });
  });

  it("I18: ends when the watcher leaves the conversation, or it is removed", async () => {
    const { clock, watcher, enter, watch, board } = await presenceScene();
    const [leaver, member] = [watcher("leaver"), watcher("member")];
    await watch(leaver, "c1", ["alice"]);
    await watch(member, "c1", ["alice"]);
    board.left("c1", ["leaver"]);
    enter("s1", "alice");
    await clock.advance(1_000);
    expect([leaver.take().length, member.take().length]).toEqual([0, 1]);
    board.gone("c1");
    expect(board.sizes).toMatchObject({ watchers: 0, watched: 0, grounds: 0 });
  });

  it("ends on both sides when one blocks the other, on every conversation", async () => {
    const { clock, watcher, enter, watch, board } = await presenceScene();
    const [alice, bob, carol] = [watcher("alice"), watcher("bob"), watcher("carol")];
    await watch(alice, "c1", ["bob", "carol"]);
    await watch(alice, "c2", ["bob"]);
    await watch(bob, "c1", ["alice"]);
    await watch(carol, "c1", ["bob"]);
    board.blocked("bob", "alice");
    for (const user of ["alice", "bob", "carol"]) enter(`s-${user}`, user);
    await clock.advance(1_000);
    const told = [alice, bob, carol].map((one) => one.take().flatMap(({ users }) => users.map(({ user }) => user)));
    expect(told).toEqual([["carol"], [], ["bob"]]);
  });

  it("lets go of what has already changed when the watch ends before it is told", async () => {
    const { clock, watcher, enter, watch, board } = await presenceScene();
    const viewer = watcher("viewer");
    await watch(viewer, "c1", ["alice"]);
    enter("s1", "alice");
    await clock.advance(500);
    board.left("c1", ["alice"]);
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([]);
  });

  it("I25: keeps nothing of a session that has ended, nor a timer without changes", async () => {
    const { clock, watcher, enter, bye, watch, board } = await presenceScene();
    const viewers = Array.from({ length: 20 }, (_, n) => watcher(`v${n}`));
    for (const viewer of viewers) {
      await watch(viewer, "c1", ["alice", "bob"]);
      await watch(viewer, "c2", ["bob"]);
    }
    const idle = clock.pending;
    const session = enter("s1", "alice");
    await clock.advance(500);
    expect(clock.pending).toBe(idle + 1);
    for (const viewer of viewers) board.end(viewer);
    expect(board.sizes).toEqual({ watchers: 0, watched: 0, grounds: 0, waiting: 0 });
    await clock.advance(1_000);
    expect(clock.pending).toBe(idle);
    bye(session);
    await clock.advance(10_000);
    expect(viewers.flatMap((viewer) => viewer.take())).toEqual([]);
    expect(clock.pending).toBe(idle);
  });

  it("I25: leaves no timer and tells nothing after it was stopped", async () => {
    const { clock, watcher, enter, tracker, watch, board } = await presenceScene();
    const viewer = watcher("viewer");
    await watch(viewer, "c1", ["alice"]);
    enter("s1", "alice");
    await clock.settle();
    board.stop();
    await tracker.stop();
    await clock.advance(60_000);
    expect(viewer.take()).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("PresenceBoard: between asking and answering", () => {
  it("tells after the answer what changed while rights were looked up", async () => {
    const { clock, watcher, enter, tracker, board } = await presenceScene();
    const viewer = watcher("viewer");
    const opening = board.open(viewer, "c1", ["alice"]);
    enter("s1", "alice");
    await clock.advance(1_500);
    expect(viewer.take()).toEqual([]);
    const answer = opening.allow(["alice"]);
    tracker.activity("s1", "idle");
    expect(await answer).toEqual([{ user: "alice", status: "away" }]);
    await clock.advance(2_000);
    expect(viewer.take()).toEqual([]);
  });

  it("answers and tells what was read last, however slow an earlier read is", async () => {
    const { clock, registry, watcher } = await presenceScene();
    const plain = memoryPresence(registry);
    const held: (() => void)[] = [];
    let hold = true;
    const store = Object.assign(Object.create(plain) as typeof plain, {
      open: () => plain.open(),
      lease: plain.lease.bind(plain),
      put: plain.put.bind(plain),
      remove: plain.remove.bind(plain),
      onChange: plain.onChange.bind(plain),
      of: async (users: readonly string[]) => {
        const found = await plain.of(users);
        if (hold) await new Promise<void>((resolve) => held.push(resolve));
        return found;
      },
    });
    const local = await presenceNode({ clock, registry, node: "n2", store });
    const remote = await presenceNode({ clock, registry, node: "n3" });
    const viewer = watcher("viewer");
    const answering = local.watch(viewer, "c1", ["alice"]);
    await clock.settle();
    hold = false;
    remote.enter("s1", "alice");
    await clock.advance(1_500);
    expect(viewer.take()).toEqual([]);
    held.shift()?.();
    expect(await answering).toEqual([{ user: "alice", status: "online" }]);
    await clock.advance(2_000);
    expect(viewer.take()).toEqual([]);
    // And the other way round: a slow read for news does not undo a newer answer.
    hold = true;
    remote.tracker.activity("s1", "idle");
    await clock.advance(1_000);
    remote.tracker.activity("s1", "active");
    await clock.settle();
    hold = false;
    expect(await local.watch(viewer, "c1", ["alice"])).toEqual([{ user: "alice", status: "online" }]);
    for (const resolve of held.splice(0)) resolve();
    await clock.advance(2_000);
    expect(viewer.take()).toEqual([]);
  });

  it("reads once at a time, however slow the store is", async () => {
    const { clock, registry, watcher } = await presenceScene();
    const plain = memoryPresence(registry);
    const held: (() => void)[] = [];
    let hold = false;
    const store = new Proxy(plain, {
      get: (target, name: keyof typeof plain) => {
        if (name !== "of" || !hold) return Reflect.get(target, name).bind(target);
        return async (users: readonly string[]) => {
          await new Promise<void>((resolve) => held.push(resolve));
          return plain.of(users);
        };
      },
    });
    const local = await presenceNode({ clock, registry, node: "n2", store });
    const viewer = watcher("viewer");
    await local.watch(viewer, "c1", ["alice"]);
    hold = true;
    local.enter("s1", "alice");
    for (let n = 0; n < 8; n++) {
      await clock.advance(1_000);
      local.tracker.activity("s1", n % 2 ? "active" : "idle");
    }
    expect(held).toHaveLength(1);
    hold = false;
    held.pop()?.();
    await clock.advance(1_000);
    expect(viewer.take().at(-1)).toEqual({ t: "presence", users: [{ user: "alice", status: "online" }] });
  });

  it("leaves out who left, was blocked or lost the conversation while rights were looked up", async () => {
    const { clock, watcher, board, enter } = await presenceScene();
    const viewer = watcher("viewer");
    const opening = board.open(viewer, "c1", ["alice", "bob", "carol"]);
    board.left("c1", ["alice"]);
    board.blocked("viewer", "bob");
    expect(await opening.allow(["alice", "bob", "carol"])).toEqual([{ user: "carol", status: "offline" }]);
    await board.open(viewer, "c3", ["erin"]).allow(["erin"]);
    const still = board.open(viewer, "c1", ["erin"]);
    const left = still.allow(["erin"]);
    board.left("c1", ["erin"]);
    // Still watched, but not by this.
    expect(await left).toEqual([]);
    const second = board.open(viewer, "c2", ["dave"]);
    const answer = second.allow(["dave"]);
    board.gone("c2");
    expect(await answer).toEqual([]);
    for (const user of ["alice", "bob", "dave"]) enter(`s-${user}`, user);
    await clock.advance(1_000);
    expect(viewer.take()).toEqual([]);
  });

  it("I25: keeps nothing of what was refused, given up, or of a session that ended meanwhile", async () => {
    const { watcher, board } = await presenceScene();
    const viewer = watcher("viewer");
    board.open(viewer, "c1", ["alice", "bob"]).cancel();
    expect(board.sizes).toMatchObject({ watchers: 0, watched: 0, grounds: 0 });
    const opening = board.open(viewer, "c1", ["alice", "bob"]);
    expect(await opening.allow([])).toEqual([]);
    expect(board.sizes).toMatchObject({ watchers: 0, watched: 0, grounds: 0 });
    const late = board.open(viewer, "c1", ["alice"]);
    board.end(viewer);
    expect(await late.allow(["alice"])).toEqual([]);
    expect(board.sizes).toMatchObject({ watchers: 0, watched: 0, grounds: 0 });
  });

  it("S45: refuses over the bound of watched users, counted once each, and keeps what was watched", async () => {
    const { watcher, watch, board } = await presenceScene(3);
    const viewer = watcher("viewer");
    await watch(viewer, "c1", ["alice", "bob"]);
    await watch(viewer, "c2", ["bob", "carol"]);
    await expect(watch(viewer, "c1", ["dave"])).rejects.toMatchObject({ code: "too_large" });
    expect(board.sizes).toMatchObject({ watchers: 1, watched: 3 });
    // Who is left out does not count.
    expect(await board.open(viewer, "c1", ["alice", "x1", "x2", "x3"]).allow(["alice"])).toHaveLength(1);
    board.unwatch(viewer, ["bob"]);
    expect(await watch(viewer, "c1", ["dave"])).toHaveLength(1);
  });

  it("S45: remembers eight shared conversations of one watch, the latest", async () => {
    const { watcher, watch, board } = await presenceScene();
    const viewer = watcher("viewer");
    for (let n = 0; n < 20; n++) await watch(viewer, `c${n}`, ["alice"]);
    expect(board.sizes).toMatchObject({ watchers: 1, watched: 1, grounds: 8 });
    for (let n = 0; n < 19; n++) board.gone(`c${n}`);
    expect(board.sizes).toMatchObject({ watchers: 1, watched: 1, grounds: 1 });
    board.gone("c19");
    expect(board.sizes).toMatchObject({ watchers: 0, watched: 0, grounds: 0 });
  });
});
