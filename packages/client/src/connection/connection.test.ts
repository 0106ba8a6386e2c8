import type { ClientFrame, EventFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ChatClient } from "../chat-client.ts";
import type { ChatClientOptions } from "../options.ts";
import type { TransportListener } from "../ports/transport.ts";
import { FakeGateway } from "../testing/fake-gateway.ts";
import { FakeNetwork } from "../testing/fake-network.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";

function make(options: Partial<ChatClientOptions> = {}) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const { server } = gateway;
  const network = new FakeNetwork();
  const token: { asked: number; answer: () => string | null | Promise<string | null> } = {
    asked: 0,
    answer: () => "me",
  };
  const client = new ChatClient({
    url: "http://localhost/chat",
    token: () => {
      token.asked++;
      return token.answer();
    },
    device: "d1",
    clock,
    network,
    random: new SeededRandom(7),
    transport: server.open,
    ...options,
  });
  return { clock, gateway, server, network, token, client };
}

async function online(options: Partial<ChatClientOptions> = {}) {
  const all = make(options);
  all.client.connect();
  await all.clock.advance(100);
  expect(all.client.connection.current.status).toBe("online");
  return all;
}

const event = (seq: number): EventFrame => ({
  ...{ t: "event", c: "c1", epoch: "e1", seq, ord: seq, type: "message", id: `m${seq}`, from: "you", at: 0, body: {} },
});
const hello = (frames: readonly ClientFrame[]) => frames[0] as Extract<ClientFrame, { t: "hello" }>;

describe("Connection", () => {
  it("comes back with `resume`, the last token, and a `k` that rises; asks for no new token", async () => {
    const { clock, server, token } = await online();
    for (let attempt = 2; attempt <= 4; attempt++) {
      server.peer.close(1006);
      await clock.advance(5_000);
      expect(server.peers.length).toBe(attempt);
      expect(hello(server.peer.received)).toMatchObject({ k: attempt, token: "me", resume: `resume-${attempt - 1}` });
    }
    expect(token.asked).toBe(1);
  });

  it("presents the `resume` of the latest pong", async () => {
    const { clock, server, gateway } = await online();
    await clock.advance(20_100);
    const { peer } = server;
    expect(peer.got("ping")).toEqual([{ t: "ping", n: 0 }]);
    peer.onFrame = null;
    gateway.append("c1", "you", {});
    await clock.advance(20_000);
    peer.send({ t: "pong", n: 1, now: clock.now(), resume: "newest", spread: 0 });
    peer.close(1006);
    await clock.advance(0);
    expect(server.peers.length).toBe(2);
    expect(hello(server.peer.received)).toMatchObject({ resume: "newest" });
  });

  it("comes back within `spread` after the other side's end, and says until when it waits", async () => {
    const { clock, gateway, server, client } = make({ random: { float: () => 0.9 } });
    gateway.welcome = { spread: 10_000 };
    client.connect();
    await clock.advance(100);
    server.peer.close(4001);
    const { status, retryAt, error } = client.connection.current;
    expect([status, error?.code, error?.details?.["close"]]).toEqual(["waiting", "offline", 4001]);
    expect(retryAt).toBe(clock.now() + 9_000);
    await clock.advance(8_999);
    expect(server.peers.length).toBe(1);
    await clock.advance(2);
    expect(server.peers.length).toBe(2);
  });

  it("comes back within 500 ms when it was its own side, whatever the `spread`", async () => {
    for (const change of ["offline", "online", "wake"] as const) {
      const { clock, gateway, server, network, client } = make({ random: { float: () => 0.9 } });
      gateway.welcome = { spread: 10_000 };
      client.connect();
      await clock.advance(100);
      network.tell(change);
      server.peer.close(1006);
      expect(client.connection.current.retryAt).toBe(clock.now() + 450);
    }
  });

  it("waits longer after each session that dies young, and begins anew after 60 s of health", async () => {
    const { clock, server, client } = make({ random: { float: () => 1 } });
    client.connect();
    const waits: number[] = [];
    for (const lifeMs of [100, 100, 100, 59_000, 61_000, 100]) {
      await clock.advance(lifeMs);
      server.peer.close(1006);
      const waitMs = (client.connection.current.retryAt ?? 0) - clock.now();
      waits.push(waitMs);
      await clock.advance(waitMs);
    }
    expect(waits).toEqual([400, 2_000, 4_000, 8_000, 400, 2_000]);
  });

  it("I24: comes back within 500 ms of the network, whatever it waited for", async () => {
    const { clock, server, network, client } = await online();
    network.tell("offline");
    server.accepts = "none";
    server.peer.close(1006);
    await clock.advance(120_000);
    expect(client.connection.current.status).toBe("waiting");
    server.accepts = "all";
    network.tell("online");
    await clock.advance(600);
    expect(client.connection.current.status).toBe("online");
  });

  it("I24: comes back within 500 ms of a failed attempt, if the network came back while that was under way", async () => {
    for (const change of ["online", "wake"] as const) {
      const { clock, server, network, client } = make({ random: { float: () => 0.9 } });
      server.accepts = "none";
      client.connect();
      // some have failed, and the next would be waited for long
      await clock.advance(60_000);
      server.accepts = "hanging";
      await clock.advance((client.connection.current.retryAt ?? 0) - clock.now());
      expect(client.connection.current.status).toBe("connecting");
      network.tell(change);
      await clock.advance(10_000);
      server.accepts = "all";
      await clock.advance(500);
      expect([change, client.connection.current.status]).toEqual([change, "online"]);
    }
  });

  it("I24: waits as ever behind the attempt after that, and behind one that began with the network", async () => {
    const { clock, server, network, client } = make({ random: { float: () => 0.9 } });
    server.accepts = "hanging";
    client.connect();
    network.tell("online");
    await clock.advance(10_000);
    expect((client.connection.current.retryAt ?? 0) - clock.now()).toBe(450);
    await clock.advance(10_450);
    expect((client.connection.current.retryAt ?? 0) - clock.now()).toBe(1_800);
  });

  it("I24: nobody is without a connection for 60 s after the network heals", async () => {
    const { clock, server, client } = await online();
    server.accepts = "none";
    server.peer.close(1006);
    await clock.advance(3_600_000);
    server.accepts = "all";
    await clock.advance(31_000);
    expect(client.connection.current.status).toBe("online");
  });

  it("I24: notices a half-open socket within 30 s when idle, within 15 s of a send", async () => {
    const idle = await online();
    idle.server.peer.silent = true;
    await idle.clock.advance(30_000);
    expect(idle.server.peers[0]?.closedWith).toBe(1000);
    await idle.clock.advance(600);
    expect(idle.client.connection.current.status).toBe("online");

    const busy = await online();
    await busy.clock.advance(3_000);
    busy.server.peer.silent = true;
    const out = busy.client.conversation("c1").send({ text: "hi" });
    await busy.clock.advance(15_000);
    expect(busy.server.peers[0]?.closedWith).toBe(1000);
    await busy.clock.advance(600);
    await expect(out.sent).resolves.toMatchObject({ seq: 1 });
  });

  it("checks at once on waking, and when the network comes back", async () => {
    const { clock, server, network } = await online();
    network.tell("wake");
    expect(server.peer.got("ping").length).toBe(1);
    await clock.advance(100);
    network.tell("offline");
    network.tell("online");
    expect(server.peer.got("ping").length).toBe(2);
  });

  it("gives up attempts that hang, before and after they open", async () => {
    const { clock, server, client } = make();
    server.accepts = "hanging";
    client.connect();
    await clock.advance(10_000);
    expect(client.connection.current).toMatchObject({ status: "waiting", error: { code: "timeout" } });
    expect(server.peer.closedWith).toBe(1000);
    server.accepts = "all";
    server.onConnection = null;
    await clock.advance(2_000);
    const { peer } = server;
    expect(hello(peer.received).t).toBe("hello");
    await clock.advance(10_000);
    expect(peer.closedWith).toBe(1000);
  });

  it("heeds nothing of an older attempt, least of all its close code", async () => {
    const listeners: TransportListener[] = [];
    const { clock, gateway, server, network, client } = make({
      transport: (url, listener) => {
        listeners.push(listener);
        return server.open(url, listener);
      },
    });
    client.connect();
    await clock.advance(100);
    server.peer.silent = true;
    network.tell("wake");
    await clock.advance(11_000);
    const [first] = listeners;
    first?.onOpen();
    first?.onText('{"t":"drain","within":100,"delay":0}');
    first?.onText("nonsense");
    first?.onClose(4504);
    await clock.advance(1_000);
    expect([client.connection.current.status, server.peers.length]).toEqual(["online", 2]);
    expect(gateway.server.peer.closedWith).toBe(null);
  });

  it("stops when it is told to, says why, and tries again when the application asks", async () => {
    const { clock, server, network, client } = await online();
    server.peer.close(4504);
    expect(client.connection.current).toMatchObject({
      status: "closed",
      error: { code: "conflict", details: { close: 4504 } },
    });
    await clock.advance(3_600_000);
    expect([server.peers.length, clock.pending, network.listeners]).toEqual([1, 0, 0]);
    client.conversation("c1").send({ text: "waits" });
    await clock.advance(60_000);
    expect(server.peers.length).toBe(1);
    client.connect();
    await clock.advance(1_000);
    expect(client.connection.current.status).toBe("online");
    expect(server.peer.got("send").length).toBe(1);
  });

  it("asks for a new token after 4100, drops `resume`, and takes that token along", async () => {
    const { clock, server, token } = await online();
    token.answer = () => "me2";
    server.peer.close(4100);
    await clock.advance(5_000);
    expect(token.asked).toBe(2);
    expect(hello(server.peer.received).token).toBe("me2");
    expect("resume" in hello(server.peer.received)).toBe(false);
  });

  it("tries once with a new token after 4501, then stops; asking by name gives it another two", async () => {
    const { clock, server, token, client } = make();
    server.onConnection = (peer) => {
      peer.onFrame = () => peer.close(4501);
    };
    client.connect();
    await clock.advance(60_000);
    expect([token.asked, server.peers.length]).toEqual([2, 2]);
    expect(client.connection.current).toMatchObject({ status: "closed", error: { code: "unauthenticated" } });
    client.connect();
    await clock.advance(60_000);
    expect([token.asked, server.peers.length]).toEqual([4, 4]);
  });

  it("a token that cannot be had while offline is asked for again, and never replaced by the old one", async () => {
    const { clock, server, network, token, client } = await online();
    token.answer = () => Promise.reject(new Error("no network"));
    network.tell("offline");
    server.peer.close(4100);
    await clock.advance(30_000);
    expect(server.peers.length).toBe(1);
    expect(client.connection.current).toMatchObject({ status: "waiting", error: { code: "unauthenticated" } });
    const asked = token.asked;
    expect(asked).toBeGreaterThan(2);
    token.answer = () => "me";
    network.tell("online");
    await clock.advance(600);
    expect(client.connection.current.status).toBe("online");
    expect(token.asked).toBe(asked + 1);
  });

  it("renews its credentials 25 s before they expire, ten minutes of clock skew or not", async () => {
    for (const skew of [0, 600_000, -600_000]) {
      const { clock, gateway, server, token, client } = make();
      gateway.skewMs = skew;
      gateway.welcome = { expires: clock.now() + skew + 120_000 };
      client.connect();
      await clock.advance(94_900);
      expect(server.peer.got("auth")).toEqual([]);
      token.answer = () => "me, renewed";
      await clock.advance(200);
      expect(server.peer.got("auth")).toEqual([{ t: "auth", token: "me, renewed" }]);
      server.peer.send({ t: "authed", expires: clock.now() + skew + 60_000 });
      await clock.advance(34_000);
      expect(token.asked).toBe(2);
      await clock.advance(2_000);
      expect(token.asked).toBe(3);
      server.peer.send({ t: "authed" });
      await clock.advance(1_000_000);
      expect(token.asked).toBe(3);
    }
  });

  it("tries to renew until it works", async () => {
    const { clock, gateway, server, token, client } = make();
    gateway.welcome = { expires: clock.now() + 60_000 };
    client.connect();
    await clock.advance(1_000);
    token.answer = () => Promise.reject(new Error("no network"));
    await clock.advance(44_000);
    expect(token.asked).toBeGreaterThan(2);
    token.answer = () => "me";
    await clock.advance(6_000);
    expect(server.peer.got("auth").length).toBe(1);
  });

  it("a new token that comes when its session is over is not sent on the next", async () => {
    const { clock, gateway, server, token, client } = make();
    gateway.welcome = { expires: clock.now() + 60_000 };
    client.connect();
    await clock.advance(1_000);
    let give = (_token: string): void => {};
    token.answer = () =>
      new Promise((resolve) => {
        give = resolve;
      });
    await clock.advance(34_500);
    expect(token.asked).toBe(2);
    gateway.welcome = {};
    server.peer.close(1006);
    await clock.advance(5_000);
    give("late");
    await clock.advance(1_000);
    expect([server.peers.length, server.peer.got("auth").length]).toEqual([2, 0]);
  });

  it("says no token where cookies authenticate, and renews none", async () => {
    const { clock, gateway, server, token, client } = make();
    token.answer = () => null;
    gateway.welcome = { expires: clock.now() + 60_000 };
    client.connect();
    await clock.advance(50_000);
    expect("token" in hello(server.peer.received)).toBe(false);
    expect([token.asked, server.peer.got("auth").length]).toEqual([2, 0]);
  });

  it("another user's welcome: nothing of the one before is shown, sent or named", async () => {
    const { clock, gateway, server, token, client } = await online();
    gateway.append("c1", "you", { text: "for me" });
    const window = client.conversation("c1").messages();
    window.subscribe(() => {});
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    expect(window.current.items.length).toBe(1);
    server.accepts = "none";
    token.answer = () => "her";
    server.peer.close(4100);
    const out = client.conversation("c1").send({ text: "as me" });
    const unwatched = client.conversation("c9").messages();
    client.conversation("c9").send({ text: "\u0000" });
    expect(unwatched.current.items.length).toBe(1);
    server.accepts = "all";
    await clock.advance(5_000);
    expect(client.user.current).toBe("her");
    await expect(out.sent).rejects.toMatchObject({ code: "forbidden" });
    expect(server.peer.got("send")).toEqual([]);
    expect(window.current.items.map((item) => item.body["text"])).toEqual(["for me"]);
    expect(window.current.items[0]).toMatchObject({ own: false });
    expect(unwatched.current.items).toEqual([]);
    expect(client.inbox.current.rows.length).toBe(1);
  });

  it("acknowledges events, counts them, and drops what comes again", async () => {
    const { clock, server } = await online();
    const { peer } = server;
    for (let seq = 1; seq <= 3; seq++) peer.send(event(seq));
    await clock.advance(1_000);
    expect(peer.got("ack")).toEqual([{ t: "ack", n: 3 }]);
    peer.send({ t: "again", n: 1, frame: event(1) });
    expect(peer.got("ack").at(-1)).toEqual({ t: "ack", n: 3 });
    await clock.advance(20_000);
    expect(peer.last("ping")).toEqual({ t: "ping", n: 3 });
  });

  it("I16: never acknowledges more than has come, and asks anew when `again` names more", async () => {
    const { clock, server, client } = await online();
    const { peer } = server;
    peer.send(event(1));
    peer.send({ t: "again", n: 3, frame: event(3) });
    expect(peer.got("ack").every(({ n }) => n <= 1)).toBe(true);
    expect(peer.closedWith).toBe(1000);
    await clock.advance(1_000);
    expect(client.connection.current.status).toBe("online");
  });

  it("I9: a lost last event is noticed by the count of the next pong", async () => {
    const { clock, gateway, server, client } = await online();
    const window = client.conversation("c1").messages();
    window.subscribe(() => {});
    await clock.advance(100);
    gateway.fate = (frame) => (frame.t === "event" ? [] : [frame]);
    gateway.append("c1", "you", { text: "lost" });
    await clock.advance(100);
    gateway.fate = (frame) => [frame];
    expect(window.current.items.length).toBe(0);
    await clock.advance(22_000);
    expect(server.peers.length).toBe(2);
    expect(window.current.items.length).toBe(1);
  });

  it("I16: an event too many is noticed by the count as well", async () => {
    const { clock, server, client } = await online();
    server.peer.send(event(1));
    await clock.advance(21_000);
    expect([server.peers.length, client.connection.current.status]).toEqual([2, "online"]);
  });

  it("ignores kinds of frames that it does not know, and ends a connection that says nonsense", async () => {
    const { clock, server, client } = await online();
    server.peer.sendText('{"t":"confetti","n":1}');
    server.peer.send({ t: "receipt", c: "c1", user: "you", delivered: 1, read: 1 });
    expect(server.peer.closedWith).toBe(null);
    for (const nonsense of ["[]", '{"t":"event","c":"c1"}', "{"]) {
      server.peer.sendText(nonsense);
      expect(server.peer.closedWith).toBe(4500);
      await clock.advance(5_000);
    }
    expect(client.connection.current).toMatchObject({ status: "closed", error: { code: "offline" } });
  });

  it("a connection that ends while a frame of it is read takes nothing of that into the next", async () => {
    const { clock, server, client } = await online();
    client
      .conversation("c1")
      .messages()
      .subscribe(() => {});
    await clock.advance(100);
    const { peer } = server;
    peer.onFrame = () => peer.close(1006);
    // another epoch is read anew at once, and that frame ends the connection
    peer.send({ ...event(1), epoch: "e7" });
    await clock.advance(5_000);
    expect(server.peers.length).toBe(2);
    expect(server.peer.got("ack")).toEqual([]);
  });

  it("I22: a drain is served on, and left after its delay when nothing is awaited any more", async () => {
    const { clock, gateway, server, client } = await online();
    const [first] = server.peers;
    gateway.append("c1", "you", {});
    await clock.advance(10);
    server.peer.send({ t: "drain", within: 20_000, delay: 4_000 });
    const early = client.conversation("c1").send({ text: "during" });
    await clock.advance(100);
    expect(early.current.status).toBe("sent");
    gateway.latencyMs = 3_000;
    await clock.advance(3_800);
    const awaited = client.conversation("c1").send({ text: "awaited" });
    await clock.advance(1_200);
    const later = client.conversation("c1").send({ text: "later" });
    expect([first?.closedWith, first?.got("send").length]).toEqual([null, 2]);
    await clock.advance(1_900);
    expect([awaited.current.status, first?.closedWith]).toEqual(["sent", 1000]);
    gateway.latencyMs = 5;
    await clock.advance(3_100);
    expect(server.peers.length).toBe(2);
    expect(first?.got("ack").at(-1)).toEqual({ t: "ack", n: 1 });
    expect(later.current).toMatchObject({ status: "sent", seq: 4 });
  });

  it("I22: leaves a drain at its end whatever is awaited", async () => {
    const { clock, gateway, server, client } = await online();
    const { peer } = server;
    gateway.latencyMs = 100_000;
    client.conversation("c1").send({ text: "unanswered" });
    peer.send({ t: "drain", within: 4_000, delay: 1_000 });
    await clock.advance(3_900);
    peer.send(event(1));
    expect([server.peers.length, peer.got("ack").length]).toEqual([1, 0]);
    await clock.advance(200);
    expect(server.peers.length).toBe(2);
    expect(peer.got("ack")).toEqual([{ t: "ack", n: 1 }]);
    expect(server.peer.got("send")).toEqual([]);
  });

  it("says why it cannot connect when it has no address", async () => {
    const { clock, client } = make({ url: "/chat" });
    client.connect();
    await clock.advance(100);
    expect(client.connection.current).toMatchObject({
      status: "closed",
      error: { code: "invalid", details: { field: "url" } },
    });
    expect(clock.pending).toBe(0);
  });

  it("I25: closed while a token is asked for, it does not connect when that comes", async () => {
    const { clock, server, token, client } = make();
    let give = (_token: string): void => {};
    token.answer = () =>
      new Promise((resolve) => {
        give = resolve;
      });
    client.connect();
    await clock.advance(10);
    await client.close();
    give("me");
    await clock.advance(100);
    expect([server.peers.length, clock.pending]).toEqual([0, 0]);
  });

  it("I25: closed at any moment it leaves nothing running", async () => {
    for (const ms of [0, 1, 3, 7, 50, 6_000, 20_001, 21_000]) {
      const { clock, gateway, server, network, client } = make();
      client
        .conversation("c1")
        .messages()
        .subscribe(() => {});
      client.inbox.subscribe(() => {});
      client.conversation("c1").send({ text: "hi" });
      gateway.append("c1", "you", {});
      await clock.advance(ms);
      if (ms > 5_000) server.peer.close(1006);
      await client.close();
      await client.close();
      gateway.kill();
      await clock.advance(60_000);
      expect([clock.pending, network.listeners, server.peers.length <= 2]).toEqual([0, 0, true]);
      expect(client.conversation("c1").send({ text: "late" }).current).toMatchObject({ error: { code: "closed" } });
      await expect(client.conversation("c1").messages().older()).rejects.toMatchObject({ code: "closed" });
      await expect(client.create({ kind: "group" })).rejects.toMatchObject({ code: "closed" });
      client.connect();
      client
        .conversation("c2")
        .messages()
        .subscribe(() => {})();
      await clock.advance(60_000);
      expect([clock.pending, client.connection.current.status]).toEqual([0, "closed"]);
    }
  });
});
