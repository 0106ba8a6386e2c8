import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { ChatClientOptions } from "./options.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

function make(options: Partial<ChatClientOptions> = {}) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const network = new FakeNetwork();
  const client = new ChatClient({
    ...{ url: "https://example.com/chat", token: () => "me", clock, network, random: new SeededRandom(1) },
    transport: gateway.server.open,
    ...options,
  });
  return { clock, gateway, server: gateway.server, network, client };
}

/** Whatever an application may have on its screen. */
function useEverything(client: ChatClient): (() => void)[] {
  const conversation = client.conversation("c1");
  const around = conversation.messages({ around: 2 });
  const lives = [client.inbox, client.unread, client.connection, client.user, client.storage] as const;
  const own = [conversation.row, conversation.typing, conversation.receipts, conversation.presence("you")] as const;
  const windows = [conversation.messages(), conversation.thread(1), around] as const;
  client.setActivity("idle");
  conversation.send({ text: "hi" });
  conversation.markRead(1);
  conversation.typing.press();
  return [...lives, ...own, ...windows].map((live) => live.subscribe(() => {}));
}

async function online(options: Partial<ChatClientOptions> = {}) {
  const made = make(options);
  made.client.connect();
  await made.clock.advance(100);
  expect(made.client.connection.current.status).toBe("online");
  return made;
}

describe("liveness", () => {
  it("I24: a half-open socket is noticed within 15 s of an unanswered request", async () => {
    for (const act of ["send", "window", "inbox", "presence"] as const) {
      const { clock, server, client } = await online();
      await clock.advance(3_000);
      server.peer.silent = true;
      const conversation = client.conversation("c1");
      if (act === "send") conversation.send({});
      if (act === "window") conversation.messages().subscribe(() => {});
      if (act === "inbox") client.inbox.subscribe(() => {});
      if (act === "presence") conversation.presence("you").subscribe(() => {});
      await clock.advance(15_000);
      expect([act, server.peers.length > 1 || client.connection.current.status === "waiting"]).toEqual([act, true]);
      await client.close();
    }
  });

  it("I24: a half-open socket is noticed within 30 s when idle", async () => {
    const { clock, server, client } = await online();
    await clock.advance(7_000);
    server.peer.silent = true;
    const seen: string[] = [];
    client.connection.subscribe(({ status }) => seen.push(status));
    await clock.advance(30_000);
    expect(seen[0]).toBe("waiting");
    await clock.advance(1_000);
    expect(client.connection.current.status).toBe("online");
  });

  it("I24: when the platform says `offline`, an idle client shows it within 2 s", async () => {
    const { clock, server, network, client } = await online();
    server.accepts = "none";
    server.peer.silent = true;
    network.tell("offline");
    await clock.advance(1_999);
    expect(client.connection.current.status).toBe("online");
    await clock.advance(1);
    expect(client.connection.current.status).toBe("waiting");
    server.accepts = "all";
    network.tell("online");
    await clock.advance(600);
    expect(client.connection.current.status).toBe("online");
  });

  it("`offline` is a hint alone: a gateway that answers is kept, and later pings have their time again", async () => {
    const { clock, gateway, server, network, client } = await online();
    network.tell("offline");
    network.tell("offline");
    await clock.advance(60_000);
    expect([client.connection.current.status, server.peers.length]).toEqual(["online", 1]);
    gateway.latencyMs = 4_000;
    network.tell("online");
    await clock.advance(5_000);
    expect([client.connection.current.status, server.peers.length]).toEqual(["online", 1]);
  });

  it("a ping that is under way when the platform says `offline` is not waited for any longer", async () => {
    const { clock, server, network, client } = await online();
    server.accepts = "none";
    server.peer.silent = true;
    network.tell("wake");
    await clock.advance(1_000);
    network.tell("offline");
    await clock.advance(2_000);
    expect(client.connection.current.status).toBe("waiting");
  });

  it("I24: token refresh while offline: a token that ends meanwhile is renewed at the next connection, without a stop", async () => {
    let asked = 0;
    let reachable = true;
    const { clock, gateway, server, network, client } = make({
      token: () => {
        if (!reachable) throw new TypeError("fetch failed");
        return `token ${++asked}`;
      },
    });
    gateway.welcome = { user: "me", expires: clock.now() + 120_000 };
    const statuses: string[] = [];
    client.connection.subscribe(({ status }) => statuses.push(status));
    const window = client.conversation("c1").messages();
    window.subscribe(() => {});
    await clock.advance(100);
    // the network goes, and what the token is good for comes to its end
    reachable = false;
    server.accepts = "none";
    network.tell("offline");
    server.peer.close(1006);
    const out = client.conversation("c1").send({ text: "written offline" });
    await clock.advance(300_000);
    expect(client.connection.current.status).toBe("waiting");
    // back: `resume` and the token no longer hold
    reachable = true;
    server.accepts = "all";
    gateway.welcome = { user: "me", expires: clock.now() + 600_000 };
    const greeted = server.onConnection;
    server.onConnection = (peer) => {
      server.onConnection = greeted;
      peer.onFrame = () => peer.close(4100);
    };
    network.tell("online");
    await clock.advance(40_000);
    expect(server.peer.last("hello")).toMatchObject({ token: "token 2" });
    expect([client.connection.current.status, out.current.status, asked]).toEqual(["online", "sent", 2]);
    expect(statuses).not.toContain("closed");
  });

  it("I24: token refresh while the network is away and the socket stands: tried until it works", async () => {
    let reachable = true;
    let asked = 0;
    const { clock, gateway, server, client } = make({
      token: () => {
        asked++;
        if (!reachable) throw new TypeError("fetch failed");
        return `token ${asked}`;
      },
    });
    gateway.welcome = { user: "me", expires: clock.now() + 60_000 };
    client.connect();
    await clock.advance(30_000);
    reachable = false;
    await clock.advance(15_000);
    reachable = true;
    await clock.advance(6_000);
    expect(server.peer.got("auth").length).toBe(1);
    expect([client.connection.current.status, server.peers.length]).toEqual(["online", 1]);
  });

  it("I25: a client built twice leaks nothing: no timer, listener or socket after close", async () => {
    const clock = new ManualClock();
    const gateway = new FakeGateway(clock);
    const network = new FakeNetwork();
    const build = (): ChatClient =>
      make({ clock, network, transport: gateway.server.open, random: new SeededRandom(7) }).client;
    for (const ms of [0, 1, 3, 20, 200, 3_000, 70_000]) {
      const clients = [build(), build()];
      const undos = clients.flatMap(useEverything);
      network.tell("hidden");
      await clock.advance(ms);
      gateway.append("c1", "you", {});
      gateway.server.peers.at(-1)?.send({ t: "typing", c: "c1", user: "you" });
      await clock.advance(1);
      await Promise.all(clients.map((client) => client.close()));
      for (const undo of undos) undo();
      // what the gateway has on its way
      await clock.advance(100);
      const open = gateway.server.peers.filter((peer) => peer.open).length;
      expect([ms, clock.pending, network.listeners, open]).toEqual([ms, 0, 0, 0]);
    }
  });

  it("I25: what nobody listens to any more leaves no timer, and nothing subscribed", async () => {
    const { clock, server, client } = await online();
    const before = clock.pending;
    const undos = useEverything(client);
    client.setActivity("active");
    await clock.advance(3_000);
    for (const undo of undos) undo();
    await clock.advance(8_000);
    expect(clock.pending).toBe(before);
    const asked = server.peer.got("subscribe").map(({ users }) => users);
    expect(
      server.peer
        .got("unsubscribe")
        .map(({ users }) => users)
        .toSorted(),
    ).toEqual(asked.toSorted());
  });

  it("I27: a clock skew of ten minutes, either way, changes nothing but the hours that are shown", async () => {
    for (const skewMs of [-600_000, 600_000]) {
      const { clock, gateway, server, client } = make();
      gateway.skewMs = skewMs;
      gateway.welcome = { expires: clock.now() + skewMs + 100_000 };
      const conversation = client.conversation("c1");
      const window = conversation.messages();
      window.subscribe(() => {});
      client.unread.subscribe(() => {});
      for (let at = 1; at <= 3; at++) gateway.append("c1", "you", { at });
      await clock.advance(100);
      const out = conversation.send({ at: 4 });
      expect(out.current.at).toBe(clock.now());
      await clock.advance(100);
      gateway.append("c1", "you", { at: 5 });
      await clock.advance(100);
      expect(window.current.items.map(({ body }) => body["at"])).toEqual([1, 2, 3, 4, 5]);
      expect(client.unread.current.messages).toBe(1);
      server.peer.send({ t: "typing", c: "c1", user: "you" });
      await clock.advance(4_999);
      expect(conversation.typing.current.count).toBe(1);
      await clock.advance(1);
      expect(conversation.typing.current.count).toBe(0);
      await clock.advance(69_000);
      expect(server.peer.got("auth")).toEqual([]);
      await clock.advance(2_000);
      expect(server.peer.got("auth").length).toBe(1);
      // our own clock is set right meanwhile
      clock.stepWall(skewMs);
      conversation.markRead();
      await clock.advance(1_000);
      expect([client.unread.current.messages, client.connection.current.status]).toEqual([0, "online"]);
      await client.close();
      await clock.advance(100);
      expect(clock.pending).toBe(0);
    }
  });
});
