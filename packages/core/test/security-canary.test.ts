import { setTimeout as pause } from "node:timers/promises";
import { ChatError, parseJson } from "@earshot/protocol";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { AuthorizeRequest } from "../src/ports/authorize.ts";
import { memoryStore } from "../src/store/memory-message-store.ts";
import { CANARY, NotingLogger, telling, tellingStore } from "./security/canary.ts";
import { Gateway } from "./security/gateway.ts";
import type { RawSocket } from "./security/raw-socket.ts";

/** What failed, and how it fails. */
const failing = {
  store: (_method: string): boolean => false,
  authenticate: false,
  authorize: false,
  hook: null as null | (() => never),
};

let gateway: Gateway;
let logger: NotingLogger;
/** Everything that clients were told beside what other members wrote: refusals, ends, heads of answers. */
let told: string[];
let printed: string[];
const onWarning = (warning: Error): void => void printed.push(`${warning.message} ${warning.stack}`);

beforeEach(async () => {
  Object.assign(failing, { store: () => false, authenticate: false, authorize: false, hook: null });
  logger = new NotingLogger();
  told = [];
  printed = [];
  for (const name of ["log", "info", "warn", "error", "debug"] as const)
    vi.spyOn(console, name).mockImplementation((...given: unknown[]) => void printed.push(given.map(String).join(" ")));
  process.on("warning", onWarning);
  gateway = await Gateway.start({
    logger,
    store: tellingStore(memoryStore(), (method) => failing.store(method)),
    authenticate: ({ token }) => {
      if (failing.authenticate) throw telling();
      return token === null ? null : { user: token.split(".")[0] ?? "", claims: { secret: CANARY } };
    },
    authorize: (_request: AuthorizeRequest) => {
      if (failing.authorize) throw telling();
      return true;
    },
  });
  for (const step of ["send", "edit", "delete", "create", "join"] as const)
    gateway.chat.before(step, () => {
      failing.hook?.();
    });
  gateway.chat.on("event", () => {
    throw telling();
  });
});

afterEach(async () => {
  process.off("warning", onWarning);
  await gateway.close();
});

/** Calls, and keeps what a client is told when it is refused. */
async function call(user: string, method: string, path: string, body?: unknown): Promise<number> {
  const headers = { "user-agent": CANARY, cookie: `a=${CANARY}`, "x-request": CANARY };
  const response = await gateway.call(`${user}.${CANARY}`, method, path, body, headers);
  const text = await response.text();
  told.push(`${response.statusText} ${[...response.headers].join(" ")}`);
  if (response.status >= 400) told.push(text);
  return response.status;
}

async function open(user: string): Promise<RawSocket> {
  const socket = await gateway.upgrade([`User-Agent: ${CANARY}`, `Cookie: a=${CANARY}`]);
  const device = `${CANARY}-${user}-${Math.random().toString(36).slice(2)}`;
  socket.say({ t: "hello", v: 1, token: `${user}.${CANARY}`, device, agent: CANARY });
  return socket;
}

/** Every way to send content in, over WebSocket and HTTP. */
function everything(c: string): readonly Readonly<Record<string, unknown>>[] {
  const id = (name: string): string => `${name}-${Math.random().toString(36).slice(2)}`;
  const text = { text: CANARY, file: { name: `${CANARY}.pdf`, url: `https://files.example/${CANARY}` } };
  const send = { t: "send", c, type: "message" };
  return [
    { ...send, id: id("m"), body: text, mentions: [CANARY, "bob"] },
    { ...send, id: id("e"), type: "edit", re: 2, body: text },
    { ...send, id: id("r"), type: "react", re: 2, body: { key: CANARY, on: true } },
    { ...send, id: id("x"), type: "x-own", body: text, slot: CANARY, expect: 7 },
    { ...send, id: id("d"), type: "delete", re: 2 },
    { ...send, id: id("s"), body: [CANARY] },
    { ...send, id: id("b"), body: { text: CANARY.repeat(3_000) } },
    { ...send, id: id("f"), body: text, from: CANARY },
    { ...send, id: `no id ${CANARY}`, body: text },
    { t: "fetch", id: id("f"), c, after: 0 },
    { t: "fetch", id: id("g"), c, after: CANARY },
    { t: "inbox", id: id("i"), cursor: CANARY },
    { t: "subscribe", id: id("s"), c },
    { t: "subscribe", id: id("p"), c, users: ["bob", CANARY] },
    { t: "read", c, seq: 2 },
    { t: "unread", c, on: true },
    { t: "typing", c },
    { t: "have", have: [[c, CANARY, 1, true]] },
    { t: "auth", token: `alice.${CANARY}` },
    { t: "active", state: CANARY },
  ];
}

async function overHttp(c: string): Promise<void> {
  const body = { text: CANARY };
  const id = (): string => `h-${Math.random().toString(36).slice(2)}`;
  await call("alice", "POST", "/conversations", {
    kind: "group",
    title: CANARY,
    meta: { topic: CANARY },
    members: ["bob"],
  });
  await call("alice", "POST", "/conversations", { kind: CANARY, title: CANARY });
  await call("alice", "PATCH", `/conversations/${c}`, { title: CANARY, meta: { topic: CANARY } });
  await call("alice", "PATCH", `/conversations/${c}`, { title: { a: CANARY } });
  await call("alice", "POST", `/conversations/${c}/messages`, { id: id(), body, mentions: [CANARY] });
  await call("alice", "POST", `/conversations/${c}/messages`, { id: `no id ${CANARY}`, body });
  await call("alice", "POST", `/conversations/${c}/members`, { members: [[CANARY, "member"]] });
  await call("alice", "PUT", `/conversations/${c}/members/carol`, { role: CANARY });
  await call("alice", "GET", `/conversations/${c}/messages?after=${CANARY}&token=${CANARY}`);
  await call("alice", "GET", `/conversations/${c}/messages`);
  await call("alice", "GET", `/conversations?cursor=${CANARY}`);
  await call("alice", "GET", `/presence?c=${c}&user=${CANARY}`);
  await call("alice", "GET", `/${CANARY}`);
  await call("alice", "PUT", `/conversations/${c}/read`, { seq: CANARY });
  await call("alice", "PUT", `/conversations/${c}/pins/2`);
}

/** Says everything on a session of its own, waits for the answers, and keeps what a client is told by refusals and ends. */
async function overSocket(c: string): Promise<void> {
  const socket = await open("alice");
  for (const frame of everything(c)) socket.say(frame);
  socket.text(`{"t":"send","id":"${CANARY}`);
  await socket.end(15_000).catch(() => null);
  keep(socket);
}

/** The same by polls and a stream. */
async function overPolls(c: string): Promise<void> {
  let headers: Record<string, string> = { "content-type": "application/json", "user-agent": CANARY };
  const ask = async (k: number, frames: readonly unknown[], query = "?wait=0"): Promise<void> => {
    const request = new Request(`http://test/poll${query}`, {
      method: "POST",
      headers,
      body: JSON.stringify({ k, frames }),
    });
    const response = await gateway.chat.fetch(request);
    told.push(`${response.statusText} ${[...response.headers].join(" ")}`);
    const text = await response.text();
    if (response.status !== 200) told.push(text);
    else {
      const answer = parseJson(text) as { readonly frames: readonly Readonly<Record<string, unknown>>[] };
      told.push(...answer.frames.filter(({ t }) => t === "error" || t === "close").map(withoutOwnIds));
      const welcome = answer.frames.find(({ t }) => t === "welcome");
      if (welcome !== undefined)
        headers = {
          ...headers,
          "earshot-session": String(welcome["session"]),
          "earshot-secret": String(welcome["secret"]),
        };
    }
  };
  const device = `${CANARY}-${Math.random().toString(36).slice(2)}`;
  await ask(1, [{ t: "hello", v: 1, token: `alice.${CANARY}`, device, agent: CANARY }]);
  await ask(
    2,
    everything(c).filter(({ body }) => !Array.isArray(body)),
  );
  await pause(50);
  await ask(3, []);
  headers = { ...headers, "earshot-secret": CANARY };
  await ask(4, [{ t: "bye" }]);
  const stream = await gateway.chat.fetch(new Request(`http://test/sse?token=${CANARY}`, { headers }));
  told.push(`${stream.statusText} ${await stream.text()}`);
}

function keep(socket: RawSocket): void {
  told.push(`closed ${socket.closed?.reason}`);
  told.push(...socket.frames.filter(({ t }) => t === "error").map(withoutOwnIds));
  socket.destroy();
}

/** A refusal without what names the frame it is about: its own `id`, or its `t`. */
function withoutOwnIds({ id: _, re: __, ...frame }: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(frame);
}

function expectNothingTold(): void {
  const where = { log: logger.lines, clients: told, console: printed, gauges: [JSON.stringify(gateway.gauges)] };
  for (const [name, lines] of Object.entries(where))
    expect({ [name]: lines.filter((line) => line.includes(CANARY) || line.includes("FAKE LOG LINE")) }).toEqual({
      [name]: [],
    });
}

describe("a canary", () => {
  beforeEach(async () => {
    await call("alice", "POST", "/conversations", { kind: "group", id: "c1", members: ["bob"], title: CANARY });
  });

  it("S54: is in no log, refusal, end or gauge while all goes well", async () => {
    await overSocket("c1");
    await overHttp("c1");
    await overPolls("c1");
    await overSocket("nowhere");
    // The listener of the host failed each time, and only that is in the log.
    expect(logger.lines.length).toBeGreaterThan(0);
    expect(told.length).toBeGreaterThan(40);
    expectNothingTold();
  });

  it("S54: nor while each call of the store fails with all it knows", async () => {
    await call("alice", "POST", "/conversations/c1/messages", { id: "m0", body: { text: CANARY } });
    failing.store = (method) => method !== "close";
    await overSocket("c1");
    await overHttp("c1");
    await overPolls("c1");
    expect(await call("alice", "GET", "/readyz")).toBe(503);
    await pause(1_500);
    failing.store = () => false;
    await overSocket("c1");
    expect(logger.lines.some((line) => line.includes("append failed"))).toBe(true);
    expect(told.some((line) => line.includes("unavailable") || line.includes("internal"))).toBe(true);
    expectNothingTold();
  });

  it("S54: nor while authenticate and authorize throw it", async () => {
    failing.authorize = true;
    await overSocket("c1");
    await overHttp("c1");
    failing.authenticate = true;
    const socket = await open("alice");
    expect(await socket.end()).toBe(4013);
    keep(socket);
    expect(await call("alice", "GET", "/conversations")).toBe(503);
    expect(logger.lines.some((line) => line.startsWith("authenticate failed"))).toBe(true);
    expectNothingTold();
  });

  it.each([
    [
      "an error",
      () => {
        throw telling();
      },
    ],
    [
      "a ChatError of its own",
      () => {
        throw new ChatError("forbidden", `no ${CANARY}`, { details: { field: CANARY } });
      },
    ],
    [
      "a text",
      () => {
        throw CANARY;
      },
    ],
    [
      "an object",
      () => {
        throw { code: CANARY, message: CANARY, toString: () => CANARY };
      },
    ],
  ] as const)("S54: nor while hooks throw %s", async (_, hook) => {
    failing.hook = hook;
    await overSocket("c1");
    await overHttp("c1");
    await overPolls("c1");
    expect(logger.lines.some((line) => line.includes("hook"))).toBe(true);
    expectNothingTold();
  });

  it("S54: CRLF and what ends a line are in no log, whatever is named so", async () => {
    const evil = `x\r\nFAKE LOG LINE ${CANARY}\u2028\u001b[31m`;
    const socket = await open("alice");
    await socket.next("welcome");
    for (const field of ["id", "c", "t", "type", "slot", "mentions", "cursor", "token"])
      socket.say({ t: "send", id: "i", c: "c1", type: "message", body: {}, [field]: evil });
    socket.say({ t: "subscribe", id: evil, c: evil, users: [evil] });
    socket.say({ t: "ping", n: 0 });
    await socket.next("pong");
    keep(socket);
    await call("alice", "GET", `/conversations/${encodeURIComponent(evil)}`);
    await call("alice", "PUT", `/conversations/c1/members/${encodeURIComponent(evil)}`, { role: "member" });
    await call("alice", "POST", "/conversations", { kind: "group", id: evil, members: [evil] });
    const greeted = await gateway.upgrade();
    greeted.say({ t: "hello", v: 1, token: "alice", device: evil, agent: evil, resume: evil });
    expect(await greeted.end()).toBe(4500);
    keep(greeted);
    for (const line of [...logger.lines, ...told]) expect(line).not.toContain("FAKE LOG LINE");
    expectNothingTold();
  });
});
