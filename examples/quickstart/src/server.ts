import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { sqliteStore } from "@earshot/adapter-sqlite";
import { ChatEngine } from "@earshot/core";
import { chatRouter } from "@earshot/core/express";
import express from "express";
import { DEMO_LOGIN_WARNING, demoLogin } from "./demo-login.ts";
import { leaveOnSignal } from "./leave-on-signal.ts";
import { makeDirectory } from "./make-directory.ts";
import { pageRouter } from "./page-router.ts";
import { readSettings, type Settings } from "./settings.ts";
import { specificationRouter } from "./specification-router.ts";
import { startFailure } from "./start-failure.ts";

/** Against peers that open a connection and then dawdle; Node's own bounds are a minute and more. */
const PATIENCE = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 };
/** Connections that wait to be accepted: after a restart everybody comes back at once. */
const BACKLOG = 4_096;
/** How long a clean end may take beside its drain, in ms. */
const CLOSE_WITHIN_MS = 10_000;

async function start({ port, host, dataDir, drainMs, drainWaitMs }: Settings): Promise<void> {
  makeDirectory(dataDir);
  const chat = new ChatEngine({ store: sqliteStore(join(dataDir, "chat.db")), authenticate: demoLogin });
  await chat.start();

  const app = express().disable("x-powered-by");
  app.use("/chat", chatRouter(chat));
  app.use(specificationRouter());
  app.use(pageRouter());
  const server = createServer(PATIENCE, app);
  chat.attach(server, { path: "/chat" });

  try {
    await once(server.listen({ port, host, backlog: BACKLOG }), "listening");
  } catch (error) {
    await chat.close();
    throw error;
  }

  leaveOnSignal(
    async () => {
      // Not ready from here on; newcomers are let in until the balancer knows, then everybody leaves.
      await chat.drain({ wait: drainWaitMs, within: drainMs });
      server.close();
      await chat.close();
    },
    drainWaitMs + drainMs + CLOSE_WITHIN_MS,
  );

  console.warn(DEMO_LOGIN_WARNING);
  console.log(`Earshot quickstart: ${addressOf(server.address() as AddressInfo)}`);
}

function addressOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

let settings: Settings | null = null;
try {
  settings = readSettings(process.env);
  await start(settings);
} catch (error) {
  console.error(startFailure(error, settings));
  process.exit(1);
}
