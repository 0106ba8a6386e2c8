import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

function make(windowItemsMax = 1_000) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const client = new ChatClient({
    url: "http://localhost/chat",
    token: () => "me",
    clock,
    network: new FakeNetwork(),
    random: new SeededRandom(3),
    transport: gateway.server.open,
    limits: { windowItemsMax },
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
});
