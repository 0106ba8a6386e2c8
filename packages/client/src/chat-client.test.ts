import { describe, expect, it } from "vitest";
import { ChatClient } from "./chat-client.ts";
import type { Message } from "./message.ts";
import type { WindowView } from "./message-window.ts";
import type { ChatClientOptions } from "./options.ts";
import { FakeGateway } from "./testing/fake-gateway.ts";
import { FakeNetwork } from "./testing/fake-network.ts";
import { ManualClock } from "./testing/manual-clock.ts";
import { SeededRandom } from "./testing/seeded-random.ts";

/** As much of Node as is used here. */
interface NodeProcess {
  on(event: "unhandledRejection", listener: (reason: unknown) => unknown): void;
  off(event: "unhandledRejection", listener: (reason: unknown) => unknown): void;
}

function makeClient(options: Partial<ChatClientOptions> = {}) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const network = new FakeNetwork();
  let tokens = 0;
  const client = new ChatClient({
    url: "https://example.com/chat/",
    token: () => {
      tokens++;
      return "me";
    },
    clock,
    network,
    random: new SeededRandom(1),
    transport: gateway.server.open,
    ...options,
  });
  return { clock, gateway, server: gateway.server, network, client, tokens: () => tokens };
}

const texts = (view: WindowView): unknown[] =>
  view.items.filter((item): item is Message => item.kind === "message").map((item) => item.body["text"]);
const seqs = (view: WindowView): unknown[] => view.items.map((item) => item.seq);

describe("ChatClient", () => {
  it("I25: connects when something needs it, and not before; built twice leaks nothing", async () => {
    const { clock, server, network, client } = makeClient();
    makeClient();
    client.connection.subscribe(() => {});
    client.user.subscribe(() => {});
    const window = client.conversation("c1").messages();
    expect(window.current).toEqual({
      items: [],
      holes: [],
      status: "loading",
      hasOlder: false,
      hasNewer: false,
      anchor: null,
      unreadFrom: null,
      error: null,
    });
    await clock.advance(60_000);
    expect([server.peers.length, clock.pending, network.listeners]).toEqual([0, 0, 0]);
    expect(client.connection.current.status).toBe("idle");

    window.subscribe(() => {});
    await clock.advance(100);
    expect(server.peers.length).toBe(1);
    expect(server.peer.url).toBe("wss://example.com/chat/ws");
    expect(server.peer.received[0]).toMatchObject({ t: "hello", v: 1, token: "me", k: 1 });
    expect(client.connection.current).toEqual({
      ...{ status: "online", retryAt: null, error: null, durability: "memory", transport: "websocket" },
    });
    expect(client.user.current).toBe("me");
    expect(window.current.status).toBe("live");

    await client.close();
    expect([clock.pending, network.listeners]).toEqual([0, 0]);
    expect(server.peer.got("bye").length).toBe(1);
    expect(server.peer.closedWith).toBe(1000);
    expect(client.connection.current.status).toBe("closed");
    await clock.advance(120_000);
    expect(server.peers.length).toBe(1);
  });

  it("shows what is there, what comes, and what is sent, each once and in order", async () => {
    const { clock, gateway, client } = makeClient();
    for (let at = 1; at <= 60; at++) gateway.append("c1", "you", { text: `old ${at}` });
    const window = client.conversation("c1").messages();
    const views: WindowView[] = [];
    window.subscribe((view) => views.push(view));
    await clock.advance(100);
    expect(texts(window.current).at(0)).toBe("old 11");
    expect(window.current.hasOlder).toBe(true);
    gateway.append("c1", "you", { text: "new" });
    const out = client.conversation("c1").send({ text: "mine" });
    expect(texts(window.current).at(-1)).toBe("mine");
    expect(out.current).toMatchObject({ status: "pending", seq: null, own: true, from: "me" });
    await clock.advance(100);
    await expect(out.sent).resolves.toMatchObject({ seq: 62, ord: 62, conversation: "c1", id: out.id });
    expect(out.current).toMatchObject({ status: "sent", seq: 62 });
    expect(texts(window.current).slice(-2)).toEqual(["new", "mine"]);
    expect(window.current.items.at(-1)).toMatchObject({ key: out.id, status: "sent", own: true });

    expect(views.at(-1)).toBe(window.current);
    expect(Object.isFrozen(window.current.items)).toBe(true);
  });

  it("loads older pages, once each", async () => {
    const { clock, gateway, client } = makeClient();
    for (let at = 1; at <= 60; at++) gateway.append("c1", "you", { text: at });
    const window = client.conversation("c1").messages({ limit: 25 });
    const loaded = Promise.all([window.older(), window.older()]);
    await clock.advance(200);
    await loaded;
    expect(seqs(window.current)).toEqual(Array.from({ length: 50 }, (_, at) => at + 11));
    const rest = window.older();
    await clock.advance(200);
    await rest;
    expect(window.current.items.length).toBe(60);
    expect(window.current.hasOlder).toBe(false);
    await window.older();
  });

  it("I16: a client that holds 50 and missed 125 comes back without a hole", async () => {
    const { clock, gateway, client } = makeClient();
    for (let at = 1; at <= 50; at++) gateway.append("c1", "you", { text: at });
    const window = client.conversation("c1").messages();
    window.subscribe(() => {});
    await clock.advance(100);
    gateway.kill();
    for (let at = 51; at <= 175; at++) gateway.append("c1", "you", { text: at });
    expect(window.current.status).toBe("catching-up");
    await clock.advance(2_000);
    expect(gateway.server.peer.received[0]).toMatchObject({ t: "hello", have: [["c1", "e1", 50, true]], k: 2 });
    expect(gateway.server.peer.received[0]).toMatchObject({ token: "me", resume: "resume-1" });
    expect(seqs(window.current)).toEqual(Array.from({ length: 175 }, (_, at) => at + 1));
    expect(window.current.status).toBe("live");
    expect(gateway.server.peer.got("fetch")).toEqual([]);
  });

  it("I4, I11: what is sent offline, and what was in flight, arrives once and in the order written", async () => {
    const { clock, gateway, client } = makeClient();
    const conversation = client.conversation("c1");
    const window = conversation.messages();
    window.subscribe(() => {});
    await clock.advance(100);
    for (let at = 0; at < 20; at++) conversation.send({ text: at });
    await clock.advance(2);
    gateway.kill();
    for (let at = 20; at < 40; at++) conversation.send({ text: at });
    await clock.advance(3_000);
    const wanted = Array.from({ length: 40 }, (_, at) => at);
    expect(gateway.log("c1").map((row) => row.body?.["text"])).toEqual(wanted);
    expect(texts(window.current)).toEqual(wanted);
    expect(window.current.items.every((item) => item.kind === "message" && item.status === "sent")).toBe(true);
  });

  it("creates a conversation over HTTP with the same token, and shows it at once", async () => {
    const requests: [string, RequestInit | undefined][] = [];
    const row = {
      ...{ c: "c7", kind: "group", mode: "push", epoch: "e1", head: 1, ord: 0, delivered: 0, read: 0, unread: 0 },
      ...{ mentions: 0, role: "owner", title: "Lunch", meta: null, mute: false, last: null },
    };
    const answers = [
      Response.json(row, { status: 201 }),
      Response.json({ code: "conflict", detail: "taken" }, { status: 409 }),
      Response.json({}, { status: 200 }),
    ];
    const { clock, client, tokens } = makeClient({
      fetch: async (url, init) => {
        requests.push([String(url), init]);
        return answers.shift() ?? Response.error();
      },
    });
    const options = { kind: "group", members: ["u2", ["u3", "admin"]], title: "Lunch" } as const;
    client.inbox.subscribe(() => {});
    const created = await client.create(options);
    expect(created).toMatchObject({ id: "c7", title: "Lunch", role: "owner" });
    expect(requests[0]?.[0]).toBe("https://example.com/chat/conversations");
    expect(requests[0]?.[1]).toMatchObject({ method: "POST", headers: { authorization: "Bearer me" } });
    expect(JSON.parse(String(requests[0]?.[1]?.body))).toEqual(options);
    expect(client.inbox.current.rows).toEqual([created]);
    await expect(client.create(options)).rejects.toMatchObject({ code: "conflict", message: "taken" });
    await expect(client.create(options)).rejects.toMatchObject({ code: "internal" });
    await clock.advance(100);
    expect([tokens(), client.connection.current.status]).toEqual([1, "online"]);
  });

  it("I25: closed while it creates, it leaves nothing running", async () => {
    const { clock, client } = makeClient({
      fetch: (_, init) =>
        new Promise((_resolve, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted")))),
    });
    const creating = expect(client.create({ kind: "group" })).rejects.toMatchObject({ code: "closed" });
    await clock.advance(100);
    await client.close();
    await creating;
    await clock.advance(100);
    expect(clock.pending).toBe(0);
  });

  it("takes no options or ids that are none", () => {
    const token = (): string => "me";
    const made = (options: unknown) => () => new ChatClient(options as ChatClientOptions);
    expect(made({ token })).toThrow(expect.objectContaining({ code: "invalid", details: { field: "url" } }));
    expect(made({ url: "/chat", token: "me" })).toThrow(expect.objectContaining({ details: { field: "token" } }));
    expect(made({ url: "/chat", token, storage: {} })).toThrow(
      expect.objectContaining({ details: { field: "storage" } }),
    );
    const { client } = makeClient();
    for (const id of ["", "a b", "a/b", "x".repeat(129)]) {
      expect(() => client.conversation(id)).toThrow(expect.objectContaining({ code: "invalid" }));
    }
  });

  it("names itself as it is told to", async () => {
    const { clock, server, client } = makeClient({ device: "kitchen", agent: "my-app/1.2" });
    client.connect();
    await clock.advance(100);
    expect(server.peer.received[0]).toMatchObject({ device: "kitchen", agent: "my-app/1.2" });
  });

  it("I11: two clients of one user are two devices; each shows what the other sends, once", async () => {
    const { clock, gateway, client } = makeClient();
    const other = new ChatClient({
      url: "https://example.com/chat",
      token: () => "me",
      clock,
      random: new SeededRandom(9),
      network: new FakeNetwork(),
      transport: gateway.server.open,
    });
    const windows = [client, other].map((each) => each.conversation("c1").messages());
    for (const window of windows) window.subscribe(() => {});
    await clock.advance(100);
    const [one, two] = gateway.server.peers.map(({ received: [hello] }) => hello);
    expect(one && two && "device" in one && "device" in two && one.device !== two.device).toBe(true);
    for (let at = 0; at < 10; at++) (at % 2 === 0 ? client : other).conversation("c1").send({ text: at });
    await clock.advance(100);
    const shown = windows.map((window) => texts(window.current));
    expect(shown[0]?.toSorted()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(shown[0]).toEqual(shown[1]);
    expect(windows.every((window) => window.current.items.every((item) => item.kind === "message" && item.own))).toBe(
      true,
    );
  });

  it("a failed send that nobody awaits ends no process", async () => {
    const rejections: unknown[] = [];
    const { process } = globalThis as unknown as { process: NodeProcess };
    const hear = (reason: unknown): unknown => rejections.push(reason);
    process.on("unhandledRejection", hear);
    const { client } = makeClient();
    client.conversation("c1").send({ text: "\u0000" });
    client.conversation("c1").send({ text: "never sent" });
    await client.close();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off("unhandledRejection", hear);
    expect(rejections).toEqual([]);
  });

  it("is disposed of like anything else", async () => {
    const { client } = makeClient();
    await client[Symbol.asyncDispose]();
    expect(client.connection.current.status).toBe("closed");
  });
});
