import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { ClientStorage } from "./ports/client-storage.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { MemoryDisk, memoryStorage } from "./testing/memory-storage.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

function scene() {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const disk = new MemoryDisk();
  let seed = 0;
  const open = (storage: ClientStorage | null = memoryStorage(disk), user = "me") =>
    new ChatClient({
      ...{ url: "http://test/chat", token: () => user, clock, random: new SeededRandom(++seed) },
      ...(storage === null ? {} : { storage }),
      transport: gateway.server.open,
    });
  const watch = (chat: ChatClient, c = "c1") => {
    const window = chat.conversation(c).messages();
    window.subscribe(() => {});
    return window;
  };
  const offline = (is: boolean) => {
    gateway.server.accepts = is ? "none" : "all";
    if (is) gateway.kill();
  };
  const bodies = (window: ReturnType<typeof watch>) => window.current.items.map(({ body }) => body);
  return { clock, gateway, disk, open, watch, offline, bodies };
}

describe("a client with a storage", () => {
  it("opens offline: list, messages and own sends stand there before any connection", async () => {
    const { clock, gateway, open, watch, offline, bodies } = scene();
    for (let n = 1; n <= 3; n++) gateway.append("c1", "you", { n });
    const first = open();
    first.inbox.subscribe(() => {});
    watch(first);
    await clock.advance(2_000);
    expect(first.storage.current).toEqual({ status: "saved", error: null });
    offline(true);
    await clock.advance(100);
    first.conversation("c1").send({ n: 4 });
    await clock.advance(50);

    const second = open();
    second.inbox.subscribe(() => {});
    const window = watch(second);
    await clock.advance(50);
    expect([second.user.current, second.connection.current.status]).toEqual(["me", "waiting"]);
    expect(second.inbox.current).toMatchObject({ status: "catching-up", rows: [{ id: "c1", head: 3 }] });
    expect([window.current.status, bodies(window)]).toEqual(["catching-up", [{ n: 1 }, { n: 2 }, { n: 3 }, { n: 4 }]]);
    expect(window.current.items.at(-1)).toMatchObject({ status: "pending", from: "me", own: true });
    await first.close();
    await second.close();
  });

  it("I7 I8: presents the stored cursor, and gets what it missed, once", async () => {
    const { clock, gateway, open, watch, bodies } = scene();
    for (let n = 1; n <= 50; n++) gateway.append("c1", "you", { n });
    const first = open();
    watch(first);
    await clock.advance(2_000);
    await first.close();
    for (let n = 51; n <= 175; n++) gateway.append("c1", "you", { n });
    const second = open();
    const window = watch(second);
    await clock.advance(2_000);
    const { peer } = gateway.server;
    expect(peer.last("hello").have).toMatchObject([["c1", expect.any(String), 50, true]]);
    expect(peer.got("fetch")).toEqual([]);
    expect(bodies(window)).toEqual(Array.from({ length: 175 }, (_, at) => ({ n: at + 1 })));
    expect(window.current.status).toBe("live");
    await second.close();
  });

  it("I8: dies between applying and saving: the rest comes again, into a window that has none of it", async () => {
    const { clock, gateway, disk, open, watch, bodies } = scene();
    gateway.append("c1", "you", { n: 1 });
    const first = open();
    const before = watch(first);
    await clock.advance(2_000);
    gateway.append("c1", "you", { n: 2 });
    await clock.advance(100);
    expect([bodies(before).length, disk.timelines.get("c1")?.last]).toEqual([2, 1]);
    const window = watch(open());
    await clock.advance(2_000);
    expect(bodies(window)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("I8: an own message that was stored with its log and as a send still stands there once, offline too", async () => {
    const { clock, disk, open, watch, offline, bodies } = scene();
    const first = open();
    watch(first);
    await clock.advance(2_000);
    first.conversation("c1").send({ n: 1 });
    await clock.advance(1);
    const waiting = [...disk.sends];
    expect(waiting).toHaveLength(1);
    await clock.advance(2_000);
    await first.close();
    // the tab died after the log was saved and before the send was let go of
    for (const [key, send] of waiting) disk.sends.set(key, send);
    offline(true);
    const second = open();
    const window = watch(second);
    await clock.advance(2_000);
    expect([bodies(window), window.current.items[0]?.seq]).toEqual([[{ n: 1 }], 1]);
    offline(false);
    await clock.advance(60_000);
    expect([bodies(window), disk.sends.size]).toEqual([[{ n: 1 }], 0]);
    await second.close();
  });

  it("what its log has lost is read anew", async () => {
    const { clock, gateway, open, watch, bodies } = scene();
    for (let n = 1; n <= 5; n++) gateway.append("c1", "you", { n });
    const first = open();
    watch(first);
    await clock.advance(2_000);
    await first.close();
    gateway.lose("c1", 2);
    const window = watch(open());
    await clock.advance(3_000);
    expect(bodies(window)).toEqual([{ n: 1 }, { n: 2 }]);
  });

  it("I18: shows another user nothing of it, and forgets it", async () => {
    const { clock, gateway, disk, open, watch, offline } = scene();
    gateway.append("c1", "you", { n: 1 });
    const first = open();
    first.inbox.subscribe(() => {});
    watch(first);
    await clock.advance(2_000);
    offline(true);
    first.conversation("c1").send({ n: 2 });
    await clock.advance(50);
    offline(false);
    await first.close();
    const second = open(memoryStorage(disk), "you");
    await clock.advance(10);
    second.connect();
    await clock.advance(2_000);
    expect([second.user.current, disk.user, disk.sends.size]).toEqual(["you", "you", 0]);
    expect(gateway.log("c1").length).toBe(1);
    await second.close({ forget: true });
    expect([disk.user, clock.pending]).toEqual([null, 0]);
  });

  it("I1: a storage that fails takes nothing along, and the client says so", async () => {
    const { clock, gateway, disk, open, watch, bodies } = scene();
    const storage = memoryStorage(disk);
    const chat = open(storage);
    const said: string[] = [];
    chat.storage.subscribe(({ status }) => said.push(status));
    const window = watch(chat);
    await clock.advance(1_000);
    storage.putSends = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
    const out = chat.conversation("c1").send({ n: 1 });
    await clock.advance(100);
    expect([out.current.status, said]).toEqual(["sent", ["saved", "failed"]]);
    expect(chat.storage.current.error).toMatchObject({ code: "storage" });
    gateway.append("c1", "you", { n: 2 });
    await clock.advance(2_000);
    expect(bodies(window)).toEqual([{ n: 1 }, { n: 2 }]);
    await chat.close();
    expect(clock.pending).toBe(0);
  });

  it("I25: closed, it leaves no timer, and what was read until then is stored", async () => {
    const { clock, gateway, disk, open, watch } = scene();
    const chat = open();
    watch(chat);
    await clock.advance(1_000);
    gateway.append("c1", "you", { n: 1 });
    await clock.advance(10);
    await chat.close();
    expect([disk.timelines.get("c1")?.last, clock.pending]).toEqual([1, 0]);
  });
});
