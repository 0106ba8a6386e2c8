import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import express from "express";
import express4 from "express4";
import { type FastifyInstance, fastify, type RouteOptions } from "fastify";
import { Hono } from "hono";
import type { WebSocket } from "ws";
import { chatRouter } from "../../src/http/express.ts";
import { chatPlugin, type PluggedChat } from "../../src/http/fastify.ts";
import { chatHandler } from "../../src/http/node-handler.ts";

export interface Host {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface HostKind {
  readonly name: string;
  start(chat: PluggedChat): Promise<Host>;
}

/** Of the example, where such an app has them. */
const fromExample = createRequire(new URL("../../../../examples/express/package.json", import.meta.url));
const compression = fromExample("compression") as () => RequestListener;
const helmet = fromExample("helmet") as () => RequestListener;
const fromFastifyExample = createRequire(new URL("../../../../examples/fastify/package.json", import.meta.url));

/** The app's own page stands at /own, the chat below /chat, in each. */
export const HOSTS: readonly HostKind[] = [
  {
    name: "http",
    start: (chat) =>
      listen(chat, chatHandler(chat, { path: "/chat", otherwise: (_request, response) => response.end("own") })),
  },
  ...[
    { name: "Express 5", make: () => express() },
    { name: "Express 4.18", make: () => express4() },
  ].flatMap(({ name, make }) => [
    expressHost(name, make, () => {}),
    expressHost(`${name} behind json()`, make, (app) => app.use(express.json({ limit: "8mb", strict: false }))),
    expressHost(`${name} behind json(), urlencoded(), compression, helmet`, make, (app) => {
      app.use(compression() as express.RequestHandler, helmet() as express.RequestHandler);
      app.use(express.json({ limit: "8mb", strict: false }), express.urlencoded({ extended: true }));
    }),
    expressHost(`${name} behind text()`, make, (app) => app.use(express.text({ type: "*/*", limit: "8mb" }))),
    expressHost(`${name} behind raw()`, make, (app) => app.use(express.raw({ type: "*/*", limit: "8mb" }))),
  ]),
  fastifyHost("Fastify 5", async () => {}),
  fastifyHost("Fastify 5 with compress, helmet, websocket and a parser of its own", async (app) => {
    const plugin = (name: string) => fromFastifyExample(name) as Parameters<FastifyInstance["register"]>[0];
    await app.register(plugin("@fastify/compress"));
    await app.register(plugin("@fastify/helmet"));
    await app.register(plugin("@fastify/websocket"));
    await app.register(async (inner) => {
      const own = (socket: WebSocket) =>
        socket.on("message", (content: Buffer) => socket.send(`own ${content.toString()}`));
      inner.route({ method: "GET", url: "/live", websocket: true, handler: own } as unknown as RouteOptions);
    });
    app.addContentTypeParser("*", { parseAs: "string" }, (_request, _body, done) => done(null, "the app's own"));
  }),
  {
    name: "Hono",
    start: async (chat) => {
      const app = new Hono<{ Bindings: { incoming: { socket: { remoteAddress?: string } } } }>();
      app.get("/own", (c) => c.text("own"));
      app.all("/chat/*", (c) => {
        const address = c.env.incoming.socket.remoteAddress ?? "";
        return chat.fetch(c.req.raw, { address, base: "/chat" });
      });
      const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }) as Server;
      if (!server.listening) await once(server, "listening");
      return running(chat, server);
    },
  },
];

function expressHost(name: string, make: () => express.Express, before: (app: express.Express) => unknown): HostKind {
  return {
    name,
    start: (chat) => {
      const app = make();
      before(app);
      app.get("/own", (_request, response) => {
        response.send("own");
      });
      app.use("/chat", chatRouter(chat));
      return listen(chat, app);
    },
  };
}

function fastifyHost(name: string, before: (app: FastifyInstance) => Promise<void>): HostKind {
  return {
    name,
    start: async (chat) => {
      const app = fastify({ forceCloseConnections: true });
      await before(app);
      app.get("/own", async () => "own");
      await app.register(chatPlugin(chat), { prefix: "/chat" });
      await app.listen({ port: 0, host: "127.0.0.1" });
      return { ...addressOf(app.server), close: async () => void (await app.close()) };
    },
  };
}

async function listen(chat: PluggedChat, listener: RequestListener): Promise<Host> {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return running(chat, server);
}

function running(chat: PluggedChat, server: Server): Host {
  chat.attach(server, { path: "/chat" });
  const close = async (): Promise<void> => {
    await chat.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { ...addressOf(server), close };
}

function addressOf(server: { address(): AddressInfo | string | null }): {
  readonly url: string;
  readonly port: number;
} {
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}
