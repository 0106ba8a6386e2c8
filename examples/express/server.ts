import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sqliteStore } from "@earshot/adapter-sqlite";
import { ChatEngine } from "@earshot/core";
import { chatRouter } from "@earshot/core/express";
import compression from "compression";
import express from "express";
import session from "express-session";
import helmet from "helmet";
import { WebSocketServer } from "ws";
import { chatTokens } from "./chat-tokens.ts";

const { PORT = "3000", HOST = "127.0.0.1", DATA_DIR = "./data", SECRET = "change me" } = process.env;
const { DRAIN_WAIT_MS = "0", DRAIN_MS = "5000" } = process.env;

/** An app as many are: notes that its users share, told to open pages over a WebSocket of its own. */
async function start(): Promise<void> {
  const notes: { readonly by: string; readonly text: string }[] = [];
  const app = express();
  const sessions = session({ secret: SECRET, resave: false, saveUninitialized: false, cookie: { sameSite: "lax" } });
  // Without TLS in front, as here, browsers other than Chromium must not be told to upgrade.
  app.use(
    helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }),
    compression(),
    sessions,
  );
  app.use(express.json(), express.urlencoded({ extended: false }));

  app.post("/login", (request, response) => {
    const { name } = request.body as { name?: unknown };
    if (typeof name !== "string" || !/^[a-z]{1,20}$/.test(name)) return void response.status(400).send("no such user");
    // A demonstration: anybody can be anybody.
    request.session.user = name;
    response.redirect(303, "/");
  });
  app.use(["/notes", "/chat-token"], (request, response, next) => {
    if (request.session.user === undefined) response.status(401).send("log in first");
    else next();
  });
  app.get("/notes", (_request, response) => void response.json(notes));
  app.post("/notes", (request, response) => {
    const { text } = request.body as { text?: unknown };
    const note = { by: request.session.user ?? "", text: String(text).slice(0, 1_000) };
    notes.push(note);
    for (const page of live.clients) page.send(JSON.stringify(note));
    response.status(201).json(note);
  });
  app.use(express.static(join(import.meta.dirname, "public")), express.static(join(import.meta.dirname, "dist")));

  const server = createServer({ headersTimeout: 5_000, requestTimeout: 30_000 }, app);
  const live = new WebSocketServer({ server, path: "/live" });

  // ── the chat, from here …
  mkdirSync(DATA_DIR, { recursive: true });
  const tokens = chatTokens(SECRET);
  const chat = new ChatEngine({
    store: sqliteStore(join(DATA_DIR, "chat.db")),
    authenticate: ({ token }) => tokens.read(token),
  });
  await chat.start();
  await chat.system.create({ kind: "group", id: "lobby", title: "Lobby", open: true });
  app.get("/chat-token", (request, response) => void response.json({ token: tokens.make(request.session.user ?? "") }));
  app.use("/chat", chatRouter(chat));
  chat.attach(server, { path: "/chat" });
  // … to here. And one line in the shutdown below.

  let stoppingSince = 0;
  const stop = async (): Promise<void> => {
    // A second signal ends it at once; npm and a terminal pass the first one on twice.
    if (stoppingSince > 0) return performance.now() - stoppingSince > 1_000 ? process.exit(1) : undefined;
    stoppingSince = performance.now();
    setTimeout(() => process.exit(1), Number(DRAIN_WAIT_MS) + Number(DRAIN_MS) + 5_000).unref();
    await chat.drain({ wait: Number(DRAIN_WAIT_MS), within: Number(DRAIN_MS) }).then(() => chat.close());
    for (const page of live.clients) page.close(1001);
    server.close();
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  };
  process.on("SIGTERM", () => void stop());
  process.on("SIGINT", () => void stop());

  server.listen(Number(PORT), HOST);
  await once(server, "listening");
  console.log(`notes: http://${HOST}:${(server.address() as AddressInfo).port}`);
}

start().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
