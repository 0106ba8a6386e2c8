import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { ChatEngine } from "@earshot/core";
import { chatRouter } from "@earshot/core/express";
import express from "express";
import { leaveOnSignal } from "./leave-on-signal.ts";
import { pageRouter } from "./page-router.ts";
import { specificationRouter } from "./specification-router.ts";

/** Against peers that open a connection and then dawdle; Node's own bounds are a minute and more. */
const PATIENCE = { headersTimeout: 5_000, requestTimeout: 5_000, connectionsCheckingInterval: 1_000 };
/** Connections that wait to be accepted: after a restart everybody comes back at once. */
const BACKLOG = 4_096;
/** How long a clean end may take beside its drain, in ms. */
const CLOSE_WITHIN_MS = 10_000;

export interface ServeOptions {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Time that clients have to leave when the server is told to end, in ms. */
  readonly drainMs: number;
  /** Time before that in which a balancer may notice that nobody should be sent here, in ms. */
  readonly drainWaitMs: number;
}

/**
 * Serves an engine that has started, at `/chat`, with the page at `/`, until SIGTERM or SIGINT; then everybody leaves, the
 * engine closes and the process ends. Gives its address, such as `http://127.0.0.1:3000`. Where the port cannot be had
 * the engine is closed and the reason thrown.
 */
export async function serveChat(chat: ChatEngine, options: ServeOptions): Promise<string> {
  const { port, host, drainMs, drainWaitMs } = options;
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
  return addressOf(server.address() as AddressInfo);
}

function addressOf({ address, family, port }: AddressInfo): string {
  return `http://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}
