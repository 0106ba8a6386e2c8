import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { ChatError } from "@earshot/protocol";
import { answer } from "./answer.ts";
import type { FetchHandler } from "./fetch-handler.ts";
import { isStream, varyBy } from "./node-response.ts";
import { problem } from "./problem-details.ts";

/** What the plugin needs of the engine. */
export interface PluggedChat extends FetchHandler {
  attach(server: Server, options: { readonly path: string }): unknown;
  drain(options: { readonly within?: number }): Promise<void>;
  close(): Promise<void>;
}

export interface ChatPluginOptions {
  /** Time for clients to leave when Fastify closes, in ms. Default: the engine's `drainWithinMs`, 20 s. */
  readonly within?: number;
}

/** Fastify 5, in what is used of it. Its own types would make everybody who reads these install it. */
interface Instance {
  readonly prefix: string;
  readonly server: unknown;
  removeAllContentTypeParsers(): void;
  addContentTypeParser(
    contentType: string,
    parser: (request: never, payload: Readable, done: (error: Error | null, body?: unknown) => void) => void,
  ): unknown;
  all(path: string, handler: (request: AskedRequest, reply: Reply) => Promise<unknown>): unknown;
  addHook(name: "preClose", hook: () => Promise<void>): unknown;
  addHook(name: "onClose", hook: () => Promise<void>): unknown;
  setErrorHandler(handler: (error: Error, request: never, reply: Reply) => unknown): unknown;
}

interface AskedRequest {
  readonly raw: unknown;
  readonly body: unknown;
}

interface Reply {
  readonly raw: unknown;
  code(status: number): unknown;
  getHeader(name: string): unknown;
  header(name: string, value: string): unknown;
  send(payload?: unknown): unknown;
}

/** Where the plugin stands has to be one path: upgrades are taken at exactly that. */
const VARIABLE = /[:*]/;

/**
 * The HTTP API and the upgrades as a Fastify 5 plugin: `await fastify.register(chatPlugin(chat), { prefix:
 * "/chat" })`. It is not wrapped by fastify-plugin, so its prefix and its parser stay inside: bodies come here
 * unread, whatever parsers the host has, and the host's parsers stay as they are. Answers pass the host's hooks.
 *
 * The engine is the host's to start, before or after, and ends with the app: drained in `preClose`, closed in
 * `onClose`. Fastify answers all HTTP with 503 from the beginning of its `close()`, polls and streams too; a host
 * that wants those to be served to the end calls `chat.drain()` itself before `fastify.close()`. Throws `invalid`
 * for a prefix with parameters.
 */
export function chatPlugin(chat: PluggedChat, { within }: ChatPluginOptions = {}) {
  return async (instance: { readonly prefix: string }): Promise<void> => {
    const fastify = instance as Instance;
    const base = fastify.prefix.replace(/\/$/, "");
    if (VARIABLE.test(base)) {
      throw new ChatError("invalid", 'unable to mount; option prefix must be one path such as "/chat"', {
        details: { field: "prefix" },
      });
    }
    fastify.removeAllContentTypeParsers();
    fastify.addContentTypeParser("*", (_request, payload, done) => done(null, payload));
    fastify.setErrorHandler((error, _request, reply) => send(unreadable(error), reply, error));

    const handle = async ({ raw, body: parsed }: AskedRequest, reply: Reply): Promise<unknown> => {
      const incoming = raw as IncomingMessage;
      const outgoing = reply.raw as ServerResponse;
      const response = await answer(chat, incoming, { path: incoming.url ?? "/", base, parsed, outgoing });
      return send(response, reply, undefined, incoming.method === "HEAD");
    };
    fastify.all("/", handle);
    fastify.all("/*", handle);

    chat.attach(fastify.server as Server, { path: base });
    fastify.addHook("preClose", () => chat.drain(within === undefined ? {} : { within }));
    fastify.addHook("onClose", () => chat.close());
  };
}

/** What Fastify refuses by itself before a body could come here; null: it is not about that, and the host's to answer. */
function unreadable(error: Error & { readonly code?: unknown }): Response | null {
  if (typeof error.code !== "string" || !error.code.startsWith("FST_ERR_CTP_")) return null;
  return problem(new ChatError("invalid", "unable to take request; its Content-Type or Content-Length is wrong"));
}

/** `otherwise`: what Fastify gets where there is no response. */
function send(response: Response | null, reply: Reply, otherwise?: unknown, headOnly = false): unknown {
  if (response === null) return reply.send(otherwise);
  const { body, headers, status } = response;
  reply.code(status);
  for (const [name, value] of headers) {
    reply.header(name, name === "vary" ? varyBy(reply.getHeader(name), value) : value);
  }
  if (body === null) return reply.send();
  if (!isStream(response)) return response.arrayBuffer().then((bytes) => reply.send(Buffer.from(bytes)));
  if (!headOnly) return reply.send(body);
  return body.cancel().then(() => reply.send());
}
