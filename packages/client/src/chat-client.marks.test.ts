import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { Message, MessageStatus } from "./message.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

function make() {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const network = new FakeNetwork();
  let seed = 0;
  const open = (user = "me"): ChatClient =>
    new ChatClient({
      ...{ url: "https://example.com/chat", token: () => user, clock, network, random: new SeededRandom(++seed) },
      transport: gateway.server.open,
    });
  const client = open();
  return { clock, gateway, server: gateway.server, network, open, client, conversation: client.conversation("c1") };
}

describe("unread", () => {
  it("is lowered at once, on all devices, and is what the gateway counts", async () => {
    const { clock, gateway, open, client, conversation } = make();
    for (let at = 1; at <= 50; at++)
      gateway.append("c1", "you", { at }, undefined, at % 10 === 0 ? { mentions: "all" } : {});
    const phone = open();
    phone.unread.subscribe(() => {});
    client.unread.subscribe(() => {});
    conversation.messages().subscribe(() => {});
    await clock.advance(100);
    expect(client.unread.current).toEqual({ conversations: 1, messages: 50, mentions: 5 });
    conversation.markRead(35);
    expect(conversation.row.current).toMatchObject({ read: 35, unread: 15, mentions: 2 });
    expect(client.unread.current).toEqual({ conversations: 1, messages: 15, mentions: 2 });
    // the other device has no window to count in: it asks
    await clock.advance(2_000);
    expect(phone.unread.current).toEqual({ conversations: 1, messages: 15, mentions: 2 });
    conversation.markRead();
    expect(client.unread.current).toEqual({ conversations: 0, messages: 0, mentions: 0 });
    await clock.advance(100);
    expect(phone.unread.current.messages).toBe(0);
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect([client.unread.current.messages, phone.unread.current.messages]).toEqual([1, 1]);
  });

  it("the same event twice raises it once", async () => {
    const { clock, gateway, client } = make();
    gateway.append("c1", "you", {});
    client.unread.subscribe(() => {});
    await clock.advance(100);
    gateway.fate = (frame) => (frame.t === "event" ? [frame, frame] : [frame]);
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect(client.unread.current.messages).toBe(2);
  });

  it("an own message on another device lowers it", async () => {
    const { clock, gateway, open, client } = make();
    gateway.append("c1", "you", {});
    client.unread.subscribe(() => {});
    await clock.advance(100);
    open().conversation("c1").send({});
    await clock.advance(100);
    expect(client.unread.current.messages).toBe(0);
  });

  it("what was read offline is told on the next session, and stays read until the gateway shows it", async () => {
    const { clock, gateway, server, client, conversation } = make();
    for (let at = 1; at <= 5; at++) gateway.append("c1", "you", { at });
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    server.accepts = "none";
    gateway.kill();
    conversation.markRead();
    await clock.advance(5_000);
    expect(conversation.row.current).toMatchObject({ unread: 0, read: 5 });
    gateway.append("c1", "you", {});
    server.accepts = "all";
    const seen: unknown[] = [];
    conversation.row.subscribe((row) => seen.push(row?.unread));
    await clock.advance(30_000);
    expect([seen, server.peer.got("read")]).toEqual([[1], [{ t: "read", c: "c1", seq: 5 }]]);
    gateway.kill();
    await clock.advance(30_000);
    expect(server.peer.got("read")).toEqual([]);
  });

  it("the unread mark is set, shown, and cleared by reading", async () => {
    const { clock, gateway, server, client, conversation } = make();
    gateway.append("c1", "you", {});
    client.unread.subscribe(() => {});
    await clock.advance(100);
    conversation.markRead();
    await clock.advance(1_000);
    conversation.markUnread();
    expect(conversation.row.current).toMatchObject({ marked: true, unread: 0 });
    expect(client.unread.current).toEqual({ conversations: 1, messages: 0, mentions: 0 });
    await clock.advance(1_000);
    expect(gateway.marks.of("c1", "me").marked).toBe(true);
    gateway.kill();
    await clock.advance(5_000);
    expect(conversation.row.current).toMatchObject({ marked: true });
    conversation.markRead();
    expect(client.unread.current.conversations).toBe(0);
    await clock.advance(1_000);
    expect([gateway.marks.of("c1", "me").marked, server.peer.got("read").length]).toEqual([false, 1]);
    conversation.markRead();
    conversation.markRead(1);
    await clock.advance(1_000);
    expect(server.peer.got("read").length).toBe(1);
  });

  it("what the gateway must have by a later own send is not told again", async () => {
    for (const by of ["this device", "another"] as const) {
      const { clock, gateway, server, open, client, conversation } = make();
      for (let at = 1; at <= 5; at++) gateway.append("c1", "you", { at });
      const phone = open();
      phone.connect();
      client.inbox.subscribe(() => {});
      await clock.advance(100);
      const before = gateway.fate;
      gateway.fate = (frame) => (frame.t === "receipt" ? [] : [frame]);
      conversation.markRead();
      await clock.advance(100);
      (by === "another" ? phone : client).conversation("c1").send({});
      await clock.advance(100);
      await phone.close();
      gateway.fate = before;
      gateway.kill();
      await clock.advance(5_000);
      expect([by, server.peer.got("read")]).toEqual([by, []]);
    }
  });

  it("a mark that is refused is not told again", async () => {
    const { clock, gateway, server, client, conversation } = make();
    gateway.append("c1", "you", {});
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    gateway.fate = (frame) => (frame.t === "receipt" ? [] : [frame]);
    conversation.markRead();
    server.peer.send({ t: "error", re: "read", c: "c1", code: "not_found", message: "" });
    gateway.kill();
    await clock.advance(5_000);
    expect(server.peer.got("read")).toEqual([]);
  });

  it("nothing is told of a conversation of which nothing is here", async () => {
    const { clock, server, client, conversation } = make();
    client.connect();
    await clock.advance(100);
    conversation.markRead();
    for (const seq of [0, -1, 1.5, Number.NaN]) conversation.markRead(seq);
    await clock.advance(1_000);
    expect(server.peer.got("read")).toEqual([]);
  });

  it("another user's marks are not told for this one", async () => {
    const { clock, gateway, server, network } = make();
    let user = "me";
    const client = new ChatClient({
      ...{ url: "https://example.com/chat", token: () => user, clock, network, random: new SeededRandom(9) },
      transport: server.open,
    });
    gateway.append("c1", "you", {});
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    gateway.fate = (frame) => (frame.t === "receipt" ? [] : [frame]);
    client.conversation("c1").markRead();
    server.peer.close(4100);
    user = "else";
    await clock.advance(5_000);
    expect(client.user.current).toBe("else");
    expect(server.peer.got("read")).toEqual([]);
    expect(client.conversation("c1").row.current).toMatchObject({ unread: 1 });
  });
});

describe("receipts", () => {
  it("I14: an own message is sent, then delivered, then read, when every other member has it", async () => {
    const { clock, gateway, conversation } = make();
    gateway.people = ["me", "you", "they"];
    const window = conversation.messages();
    window.subscribe(() => {});
    await clock.advance(100);
    const out = conversation.send({ text: "hi" });
    const statuses: MessageStatus[] = [];
    const look = (): void => {
      const { status } = window.current.items[0] as Message;
      if (status !== statuses.at(-1)) statuses.push(status);
      expect(out.current.status).toBe(status);
    };
    for (const step of [
      () => {},
      () => gateway.receipt("c1", "you", 1),
      () => gateway.receipt("c1", "they", 1),
      () => gateway.receipt("c1", "you", 1, 1),
      () => gateway.append("c1", "they", {}),
    ]) {
      step();
      await clock.advance(100);
      look();
    }
    expect(statuses).toEqual(["sent", "delivered", "read"]);
    expect(conversation.receipts.current).toMatchObject({ delivered: 1, read: 1 });
  });

  it("delivery by pages is acknowledged", async () => {
    const { clock, gateway, server, conversation } = make();
    for (let at = 1; at <= 40; at++) gateway.append("c1", "you", { at });
    conversation.messages().subscribe(() => {});
    await clock.advance(2_000);
    expect(server.peer.got("ack")).toEqual([{ t: "ack", n: 0, d: [["c1", 40]] }]);
    gateway.append("c1", "you", {});
    await clock.advance(2_000);
    expect(server.peer.got("ack").slice(1)).toEqual([{ t: "ack", n: 1 }]);
  });
});

describe("typing and presence", () => {
  it("I20: one presses keys, the other sees it until the message comes", async () => {
    const { clock, open, conversation } = make();
    const theirs = open("you").conversation("c1");
    theirs.messages().subscribe(() => {});
    conversation.messages().subscribe(() => {});
    await clock.advance(100);
    theirs.typing.press();
    await clock.advance(100);
    expect(conversation.typing.current).toEqual({ users: ["you"], count: 1 });
    expect(theirs.typing.current.count).toBe(0);
    theirs.send({ text: "there" });
    await clock.advance(100);
    expect(conversation.typing.current.count).toBe(0);
  });

  it("I21: presence is shown while somebody looks, and unknown while offline", async () => {
    const { clock, gateway, server, conversation } = make();
    gateway.marks.presence.set("you", { user: "you", status: "away", seen: 7 });
    const presence = conversation.presence("you");
    const seen: string[] = [];
    presence.subscribe(({ status }) => seen.push(status));
    await clock.advance(100);
    expect(presence.current).toEqual({ status: "away", seen: 7 });
    server.peer.send({ t: "presence", users: [{ user: "you", status: "online", seen: 8 }] });
    gateway.kill();
    await clock.advance(5_000);
    expect(seen).toEqual(["away", "online", "unknown", "away"]);
    expect(server.peer.got("subscribe")).toMatchObject([{ c: "c1", users: ["you"] }]);
  });

  it("presence of who leaves is not known any more", async () => {
    const { clock, gateway, server, conversation } = make();
    gateway.append("c1", "you", {});
    gateway.marks.presence.set("you", { user: "you", status: "online" });
    const presence = conversation.presence("you");
    presence.subscribe(() => {});
    await clock.advance(100);
    expect(presence.current.status).toBe("online");
    gateway.marks.presence.delete("you");
    server.peer.send({
      ...{ t: "event", c: "c1", epoch: "e1", seq: 2, ord: 1, type: "member", from: "me", at: 1 },
      body: { members: [["you", null]] },
    });
    await clock.advance(100);
    expect(presence.current.status).toBe("unknown");
  });

  it("tells when the page is hidden, and what the application says, on each session", async () => {
    const { clock, gateway, server, network, client } = make();
    client.connect();
    await clock.advance(100);
    const pings = server.peer.got("ping").length;
    network.tell("hidden");
    expect(server.peer.got("ping").length).toBe(pings);
    await clock.advance(60_000);
    expect(server.peer.got("active")).toEqual([{ t: "active", state: "idle" }]);
    network.tell("wake");
    expect(server.peer.last("active")).toEqual({ t: "active", state: "active" });
    client.setActivity("invisible");
    gateway.kill();
    await clock.advance(5_000);
    expect(server.peer.got("active")).toEqual([{ t: "active", state: "invisible" }]);
  });
});
