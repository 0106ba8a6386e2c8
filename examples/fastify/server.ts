import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { sqliteStore } from "@earshot/adapter-sqlite";
import { ChatEngine } from "@earshot/core";
import { chatPlugin } from "@earshot/core/fastify";
import compress from "@fastify/compress";
import cookie from "@fastify/cookie";
import helmet from "@fastify/helmet";
import session from "@fastify/session";
import websocket from "@fastify/websocket";
import { type FastifyRequest, fastify } from "fastify";

declare module "fastify" {
  interface Session {
    user?: string;
  }
}

const { PORT = "3000", HOST = "127.0.0.1", DATA_DIR = "./data" } = process.env;
const { DRAIN_WAIT_MS = "0", DRAIN_MS = "5000" } = process.env;
const { SECRET = "change me, I am 32 characters or more" } = process.env;

/** An app as many are: notes that its users share, told to open pages over a WebSocket of its own. */
async function start(): Promise<void> {
  const notes: { readonly by: string; readonly text: string }[] = [];
  const app = fastify({ requestTimeout: 30_000, forceCloseConnections: true });
  // Without TLS in front, as here, browsers other than Chromium must not be told to upgrade.
  await app.register(helmet, { contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } });
  await app.register(compress);
  await app.register(cookie);
  await app.register(session, {
    secret: SECRET,
    saveUninitialized: false,
    cookie: { secure: "auto", sameSite: "lax" },
  });
  await app.register(websocket);
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(body as string))),
  );

  app.post("/login", async (request, reply) => {
    const { name } = request.body as { name?: unknown };
    if (typeof name !== "string" || !/^[a-z]{1,20}$/.test(name)) return reply.code(400).send("no such user");
    // A demonstration: anybody can be anybody.
    request.session.user = name;
    return reply.redirect("/", 303);
  });
  const signedIn = async ({ session: { user } }: FastifyRequest): Promise<void> => {
    if (user === undefined) throw Object.assign(new Error("log in first"), { statusCode: 401 });
  };
  app.get("/notes", { preHandler: signedIn }, async () => notes);
  app.post("/notes", { preHandler: signedIn }, async (request, reply) => {
    const { text } = request.body as { text?: unknown };
    const note = { by: request.session.user ?? "", text: String(text).slice(0, 1_000) };
    notes.push(note);
    for (const page of app.websocketServer.clients) page.send(JSON.stringify(note));
    return reply.code(201).send(note);
  });
  app.get("/live", { websocket: true }, () => {});
  for (const [url, file, type] of [
    ["/", "public/index.html", "text/html; charset=utf-8"],
    ["/page.js", "dist/page.js", "text/javascript; charset=utf-8"],
  ] as const) {
    app.get(url, async (_request, reply) => reply.type(type).send(readFileSync(join(import.meta.dirname, file))));
  }

  // ── the chat, from here …
  mkdirSync(DATA_DIR, { recursive: true });
  const chat = new ChatEngine({
    store: sqliteStore(join(DATA_DIR, "chat.db")),
    // By the cookie of the app's own session; another site's pages never get this far with it.
    authenticate: async ({ request }) => {
      const { sessionId = "" } = app.parseCookie(request.headers["cookie"] ?? "");
      const found: { session?: { user?: string } } = {};
      await new Promise((resolve) => app.decryptSession(sessionId, found, resolve));
      return found.session?.user === undefined ? null : { user: found.session.user };
    },
  });
  await chat.start();
  await chat.system.create({ kind: "group", id: "lobby", title: "Lobby", open: true });
  await app.register(chatPlugin(chat), { prefix: "/chat" });
  // … to here. And one line in the end below: `app.close()` would drain it too, but answers polls with 503 from its first moment.

  let stoppingSince = 0;
  const stop = async (): Promise<void> => {
    // A second signal ends it at once; npm and a terminal pass the first one on twice.
    if (stoppingSince > 0) return performance.now() - stoppingSince > 1_000 ? process.exit(1) : undefined;
    stoppingSince = performance.now();
    setTimeout(() => process.exit(1), Number(DRAIN_WAIT_MS) + Number(DRAIN_MS) + 5_000).unref();
    await chat.drain({ wait: Number(DRAIN_WAIT_MS), within: Number(DRAIN_MS) });
    await app.close();
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());

  console.log(`notes: ${await app.listen({ port: Number(PORT), host: HOST })}`);
}

start().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
