import { afterEach, describe, expect, it } from "vitest";
import { ChatClient } from "../src/chat-client.ts";
import type { ChatClientOptions } from "../src/options.ts";
import type { TransportKind } from "../src/ports/transport.ts";
import { FakeNetwork } from "../src/testing/fake-network.ts";
import { SeededRandom } from "../src/testing/seeded-random.ts";

/** As much of Node.js and of the engine as is used here: their types would come into every file of this package. */
interface Server {
  address(): { readonly port: number };
  listen(port: number, host: string, done: () => void): void;
  on(
    event: "upgrade",
    listener: (request: unknown, socket: { end(text: string): void; destroy(): void }) => void,
  ): void;
  close(): void;
  closeAllConnections(): void;
}
interface Engine {
  start(): Promise<void>;
  close(): Promise<void>;
  attach(server: Server): () => void;
  kick(user: string): void;
  drain(options: { readonly within: number }): Promise<void>;
}
type Listener = (request: { readonly url: string }, response: unknown) => void;
const { createServer }: { createServer: (listener: Listener) => Server } = await import("node:http" as string);
const { ChatEngine, memoryStore }: { ChatEngine: new (options: object) => Engine; memoryStore: () => object } =
  await import("@earshot/core" as string);
const { chatHandler }: { chatHandler: (chat: Engine) => Listener } = await import("@earshot/core/node" as string);

/** What stands between the two: upgrades pass, are refused, or are left hanging; streams pass, or nothing comes by them. */
interface Way {
  upgrades: "refused" | "hanging" | "pass";
  streams: "pass" | "held";
}

const closing: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** An engine on a server of its own, behind such a way. */
async function serve(way: Way) {
  const chat = new ChatEngine({
    store: memoryStore(),
    authenticate: ({ token }: { readonly token: string | null }) => (token === null ? null : { user: token }),
  });
  await chat.start();
  const handle = chatHandler(chat);
  const server = createServer((request, response) => {
    if (way.streams === "held" && request.url.startsWith("/chat/sse")) return;
    handle(request, response);
  });
  server.on("upgrade", (_request, socket) => {
    if (way.upgrades === "refused") socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    if (way.upgrades === "hanging") closing.push(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
    await chat.close();
  });
  const clear = (): void => {
    way.upgrades = "pass";
    chat.attach(server);
  };
  return { chat, url: `http://127.0.0.1:${server.address().port}/chat`, clear };
}

function connect(url: string, user: string, options: Partial<ChatClientOptions> = {}): ChatClient {
  const client = new ChatClient({ url, token: () => user, random: new SeededRandom(user.length), ...options });
  closing.push(() => client.close());
  return client;
}

async function until(what: () => boolean, withinMs = 20_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!what()) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
/** What a window shows, in the log's order. */
const textsOf = (client: ChatClient, c: string): unknown[] =>
  client
    .conversation(c)
    .messages()
    .current.items.flatMap((item) => (item.kind === "message" && item.seq !== null ? [item.body["text"]] : []));

describe("a client whose upgrades are blocked, against an engine", () => {
  it.each([
    ["refused", "pass", undefined, "sse"],
    ["hanging", "pass", undefined, "sse"],
    ["refused", "held", undefined, "poll"],
    ["refused", "pass", ["websocket", "poll"], "poll"],
    ["refused", "pass", ["sse"], "sse"],
  ] as const)("upgrades %s, streams %s, transports %j: chats by %s", async (upgrades, streams, transports, by) => {
    const { url } = await serve({ upgrades, streams });
    const some: Partial<ChatClientOptions> =
      transports === undefined ? {} : { transports: transports as readonly TransportKind[] };
    const [alice, bob] = [connect(url, "alice", some), connect(url, "bob", some)];
    alice.connect();
    bob.connect();
    await until(() => [alice, bob].every((client) => client.connection.current.transport === by));
    const { id: c } = await alice.create({ kind: "group", members: ["bob"] });
    for (const client of [alice, bob])
      client
        .conversation(c)
        .messages()
        .subscribe(() => {});
    const begun = performance.now();
    const sent = alice.conversation(c).send({ text: "hello 🎉" });
    await until(() => textsOf(bob, c).length === 1);
    expect(performance.now() - begun).toBeLessThan(2_000);
    await until(() => sent.current.status === "delivered");
    bob.conversation(c).markRead();
    await until(() => sent.current.status === "read");
    for (let n = 1; n <= 50; n++) (n % 2 === 0 ? alice : bob).conversation(c).send({ text: `${n}` });
    await until(() => textsOf(bob, c).length === 51 && textsOf(alice, c).length === 51);
    expect(textsOf(bob, c)).toEqual(textsOf(alice, c));
    expect([alice.connection.current.transport, bob.connection.current.transport]).toEqual([by, by]);
  });

  it("goes back to WebSocket when the network lets it, and misses nothing on the way", async () => {
    const { url, clear } = await serve({ upgrades: "refused", streams: "pass" });
    const network = new FakeNetwork();
    const [alice, bob] = [connect(url, "alice", { network }), connect(url, "bob", { transports: ["poll"] })];
    bob.connect();
    alice.connect();
    await until(() => alice.connection.current.transport === "sse" && bob.connection.current.status === "online");
    const statuses = new Set<string>();
    alice.connection.subscribe(({ status }) => statuses.add(status));
    const { id: c } = await alice.create({ kind: "group", members: ["bob"] });
    for (const client of [alice, bob])
      client
        .conversation(c)
        .messages()
        .subscribe(() => {});
    let sent = 0;
    const chatter = setInterval(() => bob.conversation(c).send({ text: `${++sent}` }), 10);
    clear();
    network.tell("online");
    await until(() => alice.connection.current.transport === "websocket");
    await new Promise((resolve) => setTimeout(resolve, 200));
    clearInterval(chatter);
    await until(() => textsOf(alice, c).length === sent);
    expect(textsOf(alice, c)).toEqual(Array.from({ length: sent }, (_, at) => `${at + 1}`));
    expect([...statuses]).toEqual(["online"]);
  });

  it("is told to leave by a gateway that drains, and says goodbye when it closes", async () => {
    for (const kind of ["sse", "poll"] as const) {
      const { chat, url } = await serve({ upgrades: "refused", streams: "pass" });
      const alice = connect(url, "alice", { transports: [kind] });
      alice.connect();
      await until(() => alice.connection.current.status === "online");
      const draining = chat.drain({ within: 500 });
      await until(() => alice.connection.current.status !== "online");
      await draining;
      await alice.close();
    }
  });

  it.each([1, 2])("I7, I8: seed %i of a network that loses requests, answers and streams", async (seed) => {
    const { url } = await serve({ upgrades: "refused", streams: "pass" });
    const chance = new SeededRandom(seed);
    let bad = false;
    const lossy: typeof fetch = async (input, init) => {
      const lost = bad ? chance.float() : 1;
      if (lost < 0.1) throw new TypeError("lost on its way");
      const cut = new AbortController();
      init?.signal?.addEventListener("abort", () => cut.abort(), { once: true });
      const response = await fetch(input, { ...init, signal: cut.signal });
      if (lost < 0.2) {
        cut.abort();
        throw new TypeError("its answer was lost");
      }
      if (bad && String(input).endsWith("/sse")) setTimeout(() => cut.abort(), 50 + chance.float() * 400);
      return response;
    };
    const kinds = [["sse"], ["poll"]] as const;
    const clients = ["alice", "bob"].map((user, at) =>
      connect(url, user, { transports: kinds[(seed + at) % 2] ?? ["poll"], fetch: lossy }),
    );
    const [alice, bob] = clients as [ChatClient, ChatClient];
    for (const client of clients) client.connect();
    await until(() => clients.every((client) => client.connection.current.status === "online"));
    const { id: c } = await alice.create({ kind: "group", members: ["bob"] });
    const wrong: string[] = [];
    for (const client of clients) {
      client
        .conversation(c)
        .messages()
        .subscribe(({ items }) => {
          for (const [at, { seq, from }] of items.entries()) {
            const before = items[at - 1]?.seq;
            // own ones that are answered may stand behind a hole, at the end
            if (seq !== null && before != null && seq !== before + 1 && from !== client.user.current)
              wrong.push(`${seq}`);
          }
          if (new Set(items.map(({ key }) => key)).size !== items.length) wrong.push("an item twice");
        });
    }
    bad = true;
    for (let n = 0; n < 120; n++) {
      (n % 3 === 0 ? alice : bob).conversation(c).send({ text: `${n}` });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    bad = false;
    await until(() => clients.every((client) => textsOf(client, c).length === 120));
    expect(wrong).toEqual([]);
    expect(textsOf(alice, c)).toEqual(textsOf(bob, c));
    expect(new Set(textsOf(bob, c)).size).toBe(120);
  });
});
