import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { ChatEngine } from "../../src/chat-engine.ts";
import type { PluggedChat } from "../../src/http/fastify.ts";
import { memoryStore } from "../../src/store/memory-message-store.ts";
import { HOSTS, type Host, type HostKind } from "./hosts.ts";

let host: Host | null = null;
afterEach(async () => {
  await host?.close();
  host = null;
});

async function until(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 300 && !holds(); turn++) await pause(10);
  expect(holds()).toBe(true);
}

/** An engine in whose place the test answers. */
async function startWith(kind: HostKind, fetch: PluggedChat["fetch"]): Promise<string> {
  host = await kind.start({ fetch, attach: () => {}, drain: async () => {}, close: async () => {} });
  return host.url;
}

/** A stream of events that the test writes. */
function eventStream(headers: Record<string, string> = {}) {
  const seen = { cancelled: false, controller: null as ReadableStreamDefaultController<Uint8Array> | null, pulled: 0 };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      seen.controller = controller;
    },
    pull() {
      seen.pulled++;
    },
    cancel() {
      seen.cancelled = true;
    },
  });
  const write = (text: string) => seen.controller?.enqueue(new TextEncoder().encode(text));
  const response = new Response(body, { headers: { "content-type": "text/event-stream", ...headers } });
  return { response, seen, write };
}

async function get(url: string, headers: Record<string, string> = {}) {
  const request = httpRequest(url, { headers });
  request.on("error", () => {});
  request.end();
  const [incoming] = (await once(request, "response")) as [IncomingMessage];
  incoming.on("error", () => {});
  return { request, incoming };
}

const GZIP = { "accept-encoding": "gzip" };

describe.each(HOSTS)("a stream on $name", (kind) => {
  it.each([
    ["as it is", {}, {}],
    ["where the client takes gzip", GZIP, {}],
    ["where the client takes gzip, and nobody may transform", GZIP, { "cache-control": "no-cache, no-transform" }],
  ])("arrives piece by piece %s", async (_, asked, answered) => {
    const { response, write, seen } = eventStream(answered);
    const url = await startWith(kind, async () => response);
    write("data: 0\n\n");
    const answer = await fetch(`${url}/chat/sse`, { headers: asked });
    const reader = (answer.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()).getReader();
    for (let n = 0; n < 5; n++) {
      if (n > 0) write(`data: ${n}\n\n`);
      expect((await reader.read()).value).toBe(`data: ${n}\n\n`);
    }
    if ("cache-control" in answered) expect(answer.headers.get("content-encoding")).toBe(null);
    seen.controller?.close();
    expect((await reader.read()).done).toBe(true);
  });

  it("is cancelled, and its request aborted, when the client goes", async () => {
    const { response, write, seen } = eventStream();
    let signal: AbortSignal | null = null;
    const url = await startWith(kind, async (request) => {
      signal = request.signal;
      return response;
    });
    write("data: 0\n\n");
    const { request, incoming } = await get(`${url}/chat/sse`);
    await once(incoming, "data");
    expect(signal).toMatchObject({ aborted: false });
    request.destroy();
    await until(() => seen.cancelled && signal?.aborted === true);
  });

  it("breaks the connection where it breaks, instead of looking whole", async () => {
    const { response, write, seen } = eventStream();
    const url = await startWith(kind, async () => response);
    write("data: 0\n\n");
    const { incoming } = await get(`${url}/chat/sse`);
    await once(incoming, "data");
    seen.controller?.error(new Error("broken"));
    await new Promise((resolve) => incoming.once("close", resolve));
    expect(incoming.complete).toBe(false);
  });

  it("waits for a client that does not read", async () => {
    const { response, write, seen } = eventStream();
    const url = await startWith(kind, async () => response);
    const piece = `data: ${"x".repeat(65_536)}\n\n`;
    write(piece);
    const { incoming, request } = await get(`${url}/chat/sse`);
    for (let n = 0; n < 300; n++) write(piece);
    await pause(100);
    // Of 20 MB what the operating system's buffers do not take stays with the engine.
    expect(seen.controller?.desiredSize).toBeLessThan(0);
    let bytes = 0;
    incoming.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
    });
    await until(() => bytes === 301 * piece.length);
    request.destroy();
  });

  it("tells a hanging poll that its client has gone", async () => {
    let signal: AbortSignal | null = null;
    const url = await startWith(kind, (request) => {
      signal = request.signal;
      return new Promise((resolve) => request.signal.addEventListener("abort", () => resolve(new Response("late"))));
    });
    const controller = new AbortController();
    const asked = fetch(`${url}/chat/poll`, { method: "POST", body: "{}", signal: controller.signal }).catch(
      () => "gone",
    );
    await until(() => signal !== null);
    controller.abort();
    expect(await asked).toBe("gone");
    await until(() => signal?.aborted === true);
  });

  it("does not count an answered request as gone", async () => {
    const signals: AbortSignal[] = [];
    const url = await startWith(kind, async (request) => {
      signals.push(request.signal);
      return new Response(await request.text(), { headers: { "content-type": "application/json" } });
    });
    const answer = await fetch(`${url}/chat/x`, {
      method: "POST",
      body: '{"a":1}',
      headers: { "content-type": "application/json" },
    });
    expect(await answer.json()).toEqual({ a: 1 });
    await pause(20);
    expect(signals).toMatchObject([{ aborted: false }]);
  });
});

describe.each(HOSTS)("the engine's own stream on $name", (kind) => {
  it("brings events while they happen", async () => {
    const chat = new ChatEngine({
      store: memoryStore(),
      authenticate: ({ token }) => (token === null ? null : { user: token }),
    });
    await chat.start();
    host = await kind.start(chat);
    const { url } = host;
    const headers = { authorization: "Bearer bob", "content-type": "application/json" };
    const post = (path: string, body: object) =>
      fetch(`${url}/chat${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    expect((await post("/conversations", { kind: "group", id: "c1", members: ["alice"] })).status).toBe(201);
    const hello = { t: "hello", v: 1, token: "alice", device: "d1" };
    const opened = (await (await post("/poll?wait=0", { k: 1, frames: [hello] })).json()) as {
      frames: { t: string; session: string; secret: string }[];
    };
    const welcome = opened.frames.find(({ t }) => t === "welcome");
    const stream = await fetch(`${url}/chat/sse`, {
      headers: { ...GZIP, "earshot-session": welcome?.session ?? "", "earshot-secret": welcome?.secret ?? "" },
    });
    expect(stream.status).toBe(200);
    let text = "";
    const reading = (async () => {
      for await (const piece of (stream.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream()))
        text += piece;
    })().catch(() => {});
    await until(() => text.includes('"t":"from"'));
    await post("/conversations/c1/messages", { id: "m1", body: { text: "hi" } });
    await until(() => text.includes('"text":"hi"'));
    await chat.close();
    await reading;
  });
});
