import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { MessageWindow, WindowOptions } from "./message-window.ts";
import type { ClientLimits } from "./options.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

function make(windowItemsMax = 1_000, limits: Partial<ClientLimits> = {}) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const client = new ChatClient({
    url: "http://localhost/chat",
    token: () => "me",
    clock,
    network: new FakeNetwork(),
    random: new SeededRandom(3),
    transport: gateway.server.open,
    limits: { windowItemsMax, ...limits },
  });
  const conversation = client.conversation("c1");
  const fill = (count: number): void => {
    for (let at = 0; at < count; at++) gateway.append("c1", "you", { at });
  };
  return { clock, gateway, server: gateway.server, client, conversation, fill };
}

describe("LiveWindow", () => {
  it("is the same for every call, and its first call decides on its pages", async () => {
    const { clock, server, conversation, client, fill } = make();
    fill(500);
    const window = conversation.messages({ limit: 1_000 });
    expect(conversation.messages()).toBe(window);
    expect(client.conversation("c1").messages({ limit: 3 })).toBe(window);
    window.subscribe(() => {});
    await clock.advance(100);
    expect([server.peer.last("fetch").limit, window.current.items.length]).toEqual([200, 200]);
  });

  it("keeps items the same objects while they do not change, and their keys while they are sent", async () => {
    const { clock, gateway, conversation, fill } = make();
    fill(3);
    const window = conversation.messages();
    window.subscribe(() => {});
    await clock.advance(100);
    const [first] = window.current.items;
    const out = conversation.send({ text: "mine" });
    const pending = window.current.items.at(-1);
    expect(pending).toMatchObject({ key: out.id, status: "pending" });
    expect(window.current.items.at(-1)).toBe(pending);
    await clock.advance(100);
    gateway.append("c1", "you", {}, out.id);
    await clock.advance(100);
    const { items } = window.current;
    expect(items[0]).toBe(first);
    expect(items.map(({ key }) => key)).toEqual(["you/m1", "you/m2", "you/m3", out.id, `you/${out.id}`]);
    expect(items.every((item) => Object.isFrozen(item))).toBe(true);
  });

  it("shows own sends behind the log, failed ones too, in the order written", async () => {
    const { clock, gateway, conversation, fill } = make();
    const window = conversation.messages();
    window.subscribe(() => {});
    await clock.advance(100);
    gateway.refuse = ({ id, body }) =>
      body?.["text"] === "bad" ? { t: "error", id, code: "forbidden", message: "", reason: "profanity" } : null;
    const outs = ["one", "bad", "two"].map((text) => conversation.send({ text }));
    await clock.advance(100);
    fill(1);
    await clock.advance(100);
    expect(window.current.items.map((item) => [item.body["text"] ?? "theirs", item.seq])).toEqual([
      ["one", 1],
      ["two", 2],
      ["theirs", 3],
      ["bad", null],
    ]);
    expect(window.current.items.at(-1)).toMatchObject({ status: "failed", error: { reason: "profanity" } });
    gateway.refuse = () => null;
    outs[1]?.retry();
    await clock.advance(100);
    expect(window.current.items.at(-1)).toMatchObject({ seq: 4, status: "sent" });
  });

  it("I13: shows an own send that is sent but stands behind a hole, and puts it in its place", async () => {
    const { clock, gateway, conversation, fill } = make();
    fill(1);
    const window = conversation.messages();
    window.subscribe(() => {});
    await clock.advance(100);
    gateway.fate = (frame) => (frame.t === "event" || frame.t === "events" ? [] : [frame]);
    fill(2);
    const out = conversation.send({ text: "mine" });
    await clock.advance(50);
    expect(window.current.items.map(({ seq }) => seq)).toEqual([1, 4]);
    expect(window.current).toMatchObject({ status: "catching-up", holes: [{ from: 2, to: 3 }] });
    await expect(out.sent).resolves.toMatchObject({ seq: 4 });
    gateway.fate = (frame) => [frame];
    await clock.advance(20_000);
    expect(window.current.items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  });

  it("I13: what one's other device sends is one's own", async () => {
    const { clock, gateway, conversation } = make();
    const window = conversation.messages();
    window.subscribe(() => {});
    await clock.advance(100);
    gateway.append("c1", "me", { text: "from the phone" }, "phone-1");
    await clock.advance(100);
    expect(window.current.items).toMatchObject([{ own: true, key: "phone-1", status: "sent", seq: 1 }]);
  });

  it("tells its listeners once for each change", async () => {
    const { clock, server, conversation, fill } = make();
    fill(3);
    const window = conversation.messages();
    const seen: number[] = [];
    window.subscribe(({ items }) => seen.push(items.length));
    await clock.advance(100);
    expect(seen.at(-1)).toBe(3);
    seen.length = 0;
    server.peer.close(1006);
    fill(150);
    await clock.advance(2_000);
    expect(seen.filter((count) => count > 3)).toEqual(expect.arrayContaining([153]));
    expect(seen.length).toBeLessThan(6);
  });

  it("older() waits for a connection, and outlives the loss of one", async () => {
    const { clock, server, conversation, fill } = make();
    fill(120);
    const window = conversation.messages();
    server.accepts = "none";
    const early = window.older();
    await clock.advance(3_000);
    server.accepts = "all";
    await clock.advance(9_000);
    await early;
    expect(window.current.items.length).toBe(100);
    await clock.advance(60_000);
    server.peer.silent = true;
    const cut = window.older();
    await clock.advance(100);
    server.peer.close(1006);
    await clock.advance(5_000);
    await cut;
    expect(window.current.items.length).toBe(120);
    expect(window.current.hasOlder).toBe(false);
  });

  it("older() fails after 15 s without a connection, and when the client has stopped", async () => {
    const { clock, server, conversation } = make();
    server.accepts = "none";
    const waiting = expect(conversation.messages().older()).rejects.toMatchObject({ code: "offline" });
    await clock.advance(15_000);
    await waiting;
    server.accepts = "all";
    server.onConnection = (peer) => {
      peer.onFrame = () => peer.close(4503);
    };
    await clock.advance(60_000);
    await expect(conversation.messages().older()).rejects.toMatchObject({ code: "forbidden" });
  });

  it("older() does not load what the window may not hold, nor lets go of the newest", async () => {
    const { clock, conversation, fill } = make(80);
    fill(200);
    const window = conversation.messages();
    window.subscribe(() => {});
    for (let pages = 0; pages < 2; pages++) {
      const older = window.older();
      await clock.advance(100);
      if (pages === 0) await older;
      else await expect(older).rejects.toMatchObject({ code: "too_large" });
    }
    expect(window.current.items.at(-1)?.seq).toBe(200);
    fill(1);
    await clock.advance(100);
    expect([window.current.items.length, window.current.items.at(-1)?.seq]).toEqual([80, 201]);
  });

  it("shows what changed the conversation itself as notices, and no events of the host's own", async () => {
    const { clock, gateway, server, conversation, fill } = make();
    fill(1);
    const window = conversation.messages();
    window.subscribe(() => {});
    await clock.advance(100);
    const event = { t: "event", c: "c1", epoch: "e1", ord: 1, from: "you", at: 5 } as const;
    server.peer.send(
      { ...event, seq: 2, type: "meta", body: { title: "Lunch" } },
      { ...event, seq: 3, type: "x-poll", id: "p1", body: {} },
      { ...event, seq: 4, type: "member", body: { members: [["u3", null]] } },
      { ...event, seq: 5, ord: 2, type: "message", id: "m5", body: {}, deleted: true },
    );
    expect(window.current.items.slice(1)).toEqual([
      {
        kind: "notice",
        key: "#2",
        conversation: "c1",
        seq: 2,
        from: "you",
        at: 5,
        type: "meta",
        body: { title: "Lunch" },
      },
      expect.objectContaining({ kind: "notice", key: "#4", type: "member" }),
      expect.objectContaining({ kind: "message", seq: 5, deleted: true }),
    ]);
    expect(gateway.log("c1").length).toBe(1);
  });

  it("is one for each place asked for, and one for each thread", () => {
    const { conversation, client } = make();
    const same = client.conversation("c1");
    expect(conversation.messages({ around: 7 })).toBe(same.messages({ around: 7 }));
    expect(conversation.messages({ around: "unread" })).toBe(same.messages({ around: "unread" }));
    expect(conversation.thread(7)).toBe(same.thread(7));
    const all = [conversation.messages(), conversation.messages({ around: 7 }), conversation.messages({ around: 8 })];
    expect(new Set([...all, conversation.messages({ around: "unread" }), conversation.thread(7)]).size).toBe(5);
  });

  it("lets go of those for places that nobody watches beyond a bound, and takes them up again", async () => {
    const { clock, gateway, conversation, fill } = make(1_000, { islandsMax: 2 });
    fill(300);
    conversation.messages().subscribe(() => {});
    await clock.advance(100);
    const at = (around: number) => conversation.messages({ around, limit: 10 });
    const first = at(20);
    first.subscribe(() => {})();
    const undo = first.subscribe(() => {});
    await clock.advance(100);
    expect(seqsOf(first).at(0)).toBe(15);
    undo();
    for (const around of [60, 100]) {
      at(around).subscribe(() => {})();
      await clock.advance(100);
    }
    expect([first.current.items, first.current.status]).toEqual([[], "loading"]);
    expect(at(20)).not.toBe(first);
    first.subscribe(() => {});
    await clock.advance(100);
    gateway.change("c1", "you", "edit", 20, { at: "edited" });
    await clock.advance(100);
    expect(first.current.items[5]).toMatchObject({ seq: 20, body: { at: "edited" } });
    for (const around of [60, 100]) at(around).subscribe(() => {});
    await clock.advance(100);
    const [here, full] = [at(60).current, at(100).current];
    expect([here.error, full.error]).toMatchObject([null, { code: "too_large" }]);
    expect(full.items.at(-1)?.seq).toBe(300);
  });
});

const seqsOf = ({ current }: MessageWindow) => current.items.map(({ seq }) => seq);
const upTo = (to: number, from = 1): number[] => Array.from({ length: to - from + 1 }, (_, at) => from + at);

/** A window that is watched over a log of `count` messages. */
async function open(count: number, options: WindowOptions = {}, windowItemsMax?: number) {
  const made = make(windowItemsMax);
  made.fill(count);
  const window = made.conversation.messages(options);
  window.subscribe(() => {});
  await made.clock.advance(100);
  const settled = async (turned: Promise<void>): Promise<void> => {
    await made.clock.advance(100);
    await turned;
  };
  return { ...made, window, settled };
}

describe("A window at a place of its own", () => {
  it("opens around a seq, and comes up to the newest page by page", async () => {
    const { clock, gateway, conversation, window, settled } = await open(300, { around: 100, limit: 20 });
    expect([seqsOf(window), window.current.anchor]).toEqual([upTo(109, 90), 100]);
    expect(window.current).toMatchObject({ status: "live", hasOlder: true, hasNewer: true, holes: [] });
    conversation.send({ text: "mine" });
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect(seqsOf(window)).toEqual(upTo(109, 90));
    const [first] = window.current.items;
    await settled(window.newer());
    expect(seqsOf(window)).toEqual(upTo(129, 90));
    await settled(window.older());
    expect(seqsOf(window)).toEqual(upTo(129, 70));
    while (window.current.hasNewer) await settled(window.newer());
    expect([seqsOf(window), window.current.anchor]).toEqual([upTo(302, 70), 100]);
    expect(window.current.items[20]).toBe(first);
    await settled(window.newer());
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect(seqsOf(window).at(-1)).toBe(303);
    expect(seqsOf(conversation.messages())).toEqual(upTo(303, 70));
  });

  it("shows own sends that wait at the newest only", async () => {
    const { clock, conversation, server, window } = await open(300, { around: 100 });
    server.peer.silent = true;
    conversation.send({ text: "mine" });
    await clock.advance(100);
    expect(window.current.items.at(-1)).toMatchObject({ status: "sent", own: false });
    expect(conversation.messages().current.items.at(-1)).toMatchObject({ status: "pending" });
  });

  it("jumps: without asking for what is here, else around the seq, and back", async () => {
    const { server, window, settled } = await open(300);
    const fetches = () => server.peer.got("fetch").length;
    expect(fetches()).toBe(1);
    await settled(window.jump(280));
    expect([window.current.anchor, fetches(), window.current.hasNewer]).toEqual([280, 1, false]);
    await settled(window.jump(50));
    expect([seqsOf(window), window.current.anchor, fetches()]).toEqual([upTo(74, 25), 50, 2]);
    await settled(window.jump("newest"));
    expect([seqsOf(window), window.current.anchor, fetches()]).toEqual([upTo(300, 251), null, 2]);
    await settled(window.jump("unread"));
    expect([seqsOf(window), window.current.anchor, fetches()]).toEqual([upTo(50), 1, 3]);
  });

  it("does not jump to what the user cannot have, or what is no seq, and stays where it is", async () => {
    const { clock, gateway, window } = await open(300);
    gateway.hide("c1", 10, 40);
    for (const to of [20, 301, 0, 1.5, Number.NaN]) {
      const refused = expect(window.jump(to)).rejects.toMatchObject({
        code: to === 20 || to === 301 ? "not_found" : "invalid",
      });
      await clock.advance(100);
      await refused;
      expect([window.current.anchor, seqsOf(window)]).toEqual([null, upTo(300, 251)]);
    }
  });

  it("comes to the newest, and says why, where it should open at what the user cannot have", async () => {
    const { window } = await open(300, { around: 999 });
    expect(window.current).toMatchObject({ error: { code: "not_found" }, anchor: null, status: "live" });
    expect(seqsOf(window)).toEqual(upTo(300, 251));
  });

  it("I9: asks again for its place where that was refused for a while, and says so until then", async () => {
    const { clock, gateway, conversation } = make();
    gateway.append("c1", "you", {});
    for (let n = 1; n < 300; n++) gateway.append("c1", "you", {});
    let refused = 0;
    gateway.refuseFetch = ({ id, around }) =>
      around !== undefined && ++refused <= 2
        ? { t: "error", id, c: "c1", code: "unavailable", message: "", retry: 1_000 }
        : null;
    const window = conversation.messages({ around: 100, limit: 20 });
    window.subscribe(() => {});
    await clock.advance(500);
    expect(window.current).toMatchObject({ error: { code: "unavailable" }, status: "loading", items: [] });
    await clock.advance(3_000);
    expect(window.current).toMatchObject({ error: null, anchor: 100, status: "live" });
    expect([seqsOf(window), refused]).toEqual([upTo(109, 90), 3]);
  });

  it("passes over void ranges in both directions", async () => {
    const made = make();
    made.fill(300);
    made.gateway.hide("c1", 60, 90);
    const window = made.conversation.messages({ around: 100, limit: 20 });
    window.subscribe(() => {});
    await made.clock.advance(100);
    for (let pages = 0; window.current.hasOlder; pages++) {
      expect(pages).toBeLessThan(10);
      const older = window.older();
      await made.clock.advance(100);
      await older;
    }
    const low = made.conversation.messages({ around: 55, limit: 4 });
    low.subscribe(() => {});
    await made.clock.advance(100);
    for (let pages = 0; low.current.hasNewer; pages++) {
      expect(pages).toBeLessThan(100);
      const newer = low.newer();
      await made.clock.advance(100);
      await newer;
    }
    expect(seqsOf(low)).toEqual([...upTo(59, 53), ...upTo(300, 91)]);
    expect(seqsOf(window)).toEqual([...upTo(59), ...upTo(109, 91)]);
  });

  it("opens around the first unread message, and keeps the line above it while messages are read", async () => {
    const made = make();
    made.fill(100);
    made.gateway.append("c1", "me", {}, "phone-1");
    made.gateway.change("c1", "you", "x-ping", 1);
    made.fill(100);
    made.client.inbox.subscribe(() => {});
    const window = made.conversation.messages({ around: "unread", limit: 20 });
    const newest = made.conversation.messages({ limit: 20 });
    window.subscribe(() => {});
    newest.subscribe(() => {});
    await made.clock.advance(200);
    expect(window.current).toMatchObject({ anchor: 102, unreadFrom: 103, hasNewer: true });
    expect(seqsOf(window)).toContain(103);
    // the first is not here, but everything that is here is unread
    expect([newest.current.unreadFrom, newest.current.hasOlder]).toEqual([102, true]);
    made.conversation.send({ text: "read by sending" });
    await made.clock.advance(100);
    expect(window.current.unreadFrom).toBe(103);
    while (newest.current.hasOlder) {
      const older = newest.older();
      await made.clock.advance(100);
      await older;
    }
    expect(newest.current.unreadFrom).toBe(103);
  });

  it("opens at the newest where nothing is unread, and then no line comes up", async () => {
    const made = make();
    made.fill(100);
    made.gateway.append("c1", "me", {}, "phone-1");
    made.client.inbox.subscribe(() => {});
    const window = made.conversation.messages({ around: "unread" });
    window.subscribe(() => {});
    await made.clock.advance(200);
    made.fill(1);
    await made.clock.advance(100);
    expect(window.current).toMatchObject({ anchor: null, unreadFrom: null, hasNewer: false });
    expect(seqsOf(window).at(-1)).toBe(102);
  });

  it("holds no more than it may", async () => {
    const { clock, window } = await open(300, { around: 100, limit: 20 }, 50);
    for (let pages = 0; pages < 2; pages++) {
      const newer = window.newer();
      await clock.advance(100);
      await newer;
    }
    for (const more of [() => window.newer(), () => window.older()]) {
      await expect(more()).rejects.toMatchObject({ code: "too_large" });
    }
  });

  it("I19: is read anew under another epoch, and keeps its place", async () => {
    const { clock, gateway, window } = await open(300, { around: 100, limit: 20 });
    gateway.lose("c1", 200);
    gateway.append("c1", "you", { text: "other life" });
    await clock.advance(500);
    expect([seqsOf(window), window.current.anchor, window.current.status]).toEqual([upTo(109, 90), 100, "live"]);
  });

  it("I16: a client that holds 50 and missed 125 comes back without a hole, what was edited meanwhile too", async () => {
    const { clock, gateway, server, fill, conversation, window } = await open(300);
    const island = conversation.messages({ around: 100, limit: 20 });
    island.subscribe(() => {});
    await clock.advance(100);
    server.accepts = "none";
    server.peer.close(1006);
    fill(123);
    gateway.change("c1", "you", "edit", 290, { text: "edited" });
    gateway.change("c1", "you", "react", 100, { key: "👍", on: true });
    await clock.sleep(7 * 86_400_000);
    server.accepts = "all";
    await clock.advance(60_000);
    expect([seqsOf(window), window.current.status, window.current.holes]).toEqual([upTo(423, 251), "live", []]);
    expect(window.current.items[39]).toMatchObject({ seq: 290, body: { text: "edited" }, edited: 424 });
    expect(island.current.items[10]).toMatchObject({ seq: 100, reactions: [{ key: "👍", count: 1 }] });
  });

  it("I16: far behind it does not read through what it missed: it begins anew with the newest", async () => {
    const { clock, gateway, server, fill, conversation, window, settled } = await open(300);
    const island = conversation.messages({ around: 100, limit: 20 });
    island.subscribe(() => {});
    await clock.advance(100);
    server.accepts = "none";
    server.peer.close(1006);
    gateway.change("c1", "you", "edit", 100, { text: "edited" });
    fill(3_000);
    gateway.change("c1", "you", "edit", 3_200, { text: "edited" });
    await clock.sleep(86_400_000);
    server.accepts = "all";
    await clock.advance(60_000);
    expect(server.peer.got("fetch").length).toBeLessThan(5);
    expect(window.current).toMatchObject({ status: "live", holes: [], hasOlder: true, hasNewer: false });
    expect([seqsOf(window).at(0), seqsOf(window).at(-1)]).toEqual([3_252, 3_301]);
    expect(island.current.items[10]).toMatchObject({ seq: 100, body: { text: "edited" } });
    await settled(window.older());
    expect(seqsOf(window)).toEqual(upTo(3_301, 3_202));
    await settled(window.older());
    expect(window.current.items.find(({ seq }) => seq === 3_200)).toMatchObject({ edited: 3_302 });
  });
});

describe("A thread", () => {
  it("shows the replies to one message, as they come and as they stand, and own ones that wait", async () => {
    const { clock, gateway, server, conversation } = await open(3);
    for (let at = 0; at < 30; at++) gateway.append("c1", "you", { at }, undefined, { re: at % 2 === 0 ? 2 : 3 });
    const thread = conversation.thread(2, { limit: 10 });
    thread.subscribe(() => {});
    await clock.advance(100);
    const even = upTo(33, 4).filter((seq) => seq % 2 === 0);
    expect([seqsOf(thread), thread.current.hasOlder, thread.current.status]).toEqual([even.slice(-10), true, "live"]);
    const older = thread.older();
    await clock.advance(100);
    await older;
    expect([seqsOf(thread), thread.current.hasOlder]).toEqual([even, false]);
    gateway.append("c1", "you", {}, undefined, { re: 3 });
    gateway.append("c1", "you", {}, undefined, { re: 2 });
    gateway.change("c1", "you", "edit", 32, { text: "edited" });
    await clock.advance(100);
    expect(seqsOf(thread)).toEqual([...even, 35]);
    expect(thread.current.items.at(-2)).toMatchObject({ seq: 32, edited: 36 });
    expect(conversation.messages().current.items[1]).toMatchObject({ seq: 2, replies: 16 });
    server.peer.silent = true;
    conversation.send({ text: "no reply" });
    conversation.send({ text: "mine" }, { re: 2 });
    expect(thread.current.items.at(-1)).toMatchObject({ status: "pending", body: { text: "mine" } });
    expect(thread.current.items.at(-2)).toMatchObject({ seq: 35 });
  });

  it("jumps to a reply, older ones too; to what is none it does not", async () => {
    const { clock, gateway, conversation } = await open(3);
    for (let at = 0; at < 30; at++) gateway.append("c1", "you", { at }, undefined, { re: 2 });
    const thread = conversation.thread(2, { limit: 5 });
    const jump = thread.jump(8);
    await clock.advance(200);
    await jump;
    expect([thread.current.anchor, seqsOf(thread).includes(8)]).toEqual([8, true]);
    await expect(thread.jump(99)).rejects.toMatchObject({ code: "not_found" });
  });

  it("of nothing is empty and live", async () => {
    const { clock, conversation } = await open(3);
    const thread = conversation.thread(2);
    thread.subscribe(() => {});
    await clock.advance(100);
    expect(thread.current).toMatchObject({ items: [], status: "live", hasOlder: false, hasNewer: false });
  });
});

describe("Own changes that are on their way", () => {
  it("are shown at once, and are the log's when they are there, counted once", async () => {
    const { clock, gateway, conversation, window } = await open(5);
    gateway.change("c1", "you", "react", 2, { key: "👍", on: true });
    await clock.advance(100);
    const edit = conversation.edit(1, { text: "edited" });
    conversation.react(2, "👍");
    conversation.delete(3);
    const [first, second, third, fourth] = window.current.items;
    expect([first, second, third]).toMatchObject([
      { body: { text: "edited" }, edited: 0 },
      { reactions: [{ key: "👍", count: 2, mine: true }] },
      { body: {}, deleted: true },
    ]);
    conversation.send({ text: "more" });
    expect(window.current.items.slice(0, 4).every((item, at) => item === [first, second, third, fourth][at])).toBe(
      true,
    );
    gateway.append("c1", "you", {});
    await clock.advance(100);
    // the fake refuses an edit of another's, which is taken back
    expect(edit.current.status).toBe("failed");
    const [unedited, reacted, deleted] = window.current.items;
    expect(unedited).toMatchObject({ body: { at: 0 } });
    expect(unedited).not.toHaveProperty("edited");
    expect(reacted).toMatchObject({ reactions: [{ key: "👍", count: 2, mine: true }] });
    expect(deleted).not.toHaveProperty("deleted");
    conversation.react(2, "👍", false);
    expect(window.current.items[1]).toMatchObject({ reactions: [{ count: 1, mine: false }] });
  });

  it("stand in the log once they are sent: an edit, a deletion", async () => {
    const { clock, conversation, window } = await open(0);
    for (const text of ["one", "two"]) conversation.send({ text });
    await clock.advance(100);
    conversation.edit(1, { text: "edited" });
    conversation.delete(2);
    await clock.advance(100);
    expect(window.current.items).toMatchObject([
      { seq: 1, body: { text: "edited" }, edited: 3 },
      { seq: 2, body: {}, deleted: true },
    ]);
  });

  it("I8: a reaction that is there by a page before its answer comes is counted once", async () => {
    const { clock, gateway, server, conversation, window } = await open(300);
    gateway.fate = (frame) => (frame.t === "sent" ? [] : [frame]);
    conversation.react(200, "👍");
    await clock.advance(10);
    const older = window.older();
    await clock.advance(50);
    await older;
    const reactions = () => window.current.items.flatMap((item) => (item.kind === "message" ? item.reactions : []));
    expect(reactions()).toMatchObject([]);
    const deeper = window.older();
    await clock.advance(50);
    await deeper;
    expect(reactions()).toEqual([{ key: "👍", count: 1, mine: true }]);
    gateway.fate = (frame) => [frame];
    server.peer.close(1006);
    await clock.advance(5_000);
    expect(reactions()).toEqual([{ key: "👍", count: 1, mine: true }]);
  });
});
