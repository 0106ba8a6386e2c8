import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { ChatError, CLOSE } from "@earshot/protocol";
import type { FetchContext } from "./http/http-api.ts";
import { problem } from "./http/problem-details.ts";
import { Lifecycle } from "./lifecycle.ts";
import { type ChatEngineOptions, type EngineSettings, readOptions } from "./options.ts";
import { type House, hex, wire } from "./wiring.ts";

/** Bytes of a key that the store keeps. */
const KEY_BYTES = 32;

let roomsOf: (chat: ChatEngine) => House;

/**
 * The chat engine: one a process, mounted on a server that is the host's.
 *
 * ```ts
 * const chat = new ChatEngine({ store: sqliteStore("chat.db"), authenticate });
 * await chat.start();
 * chat.attach(server, { path: "/chat" });
 * app.use("/chat", chatRouter(chat));
 * ```
 */
export class ChatEngine {
  readonly #settings: EngineSettings;
  readonly #lifecycle = new Lifecycle();
  readonly #house: House;

  static {
    roomsOf = (chat) => chat.#house;
  }

  /** Checks the options and builds the rooms; does nothing yet. Throws `invalid`, naming the option. */
  constructor(options: ChatEngineOptions) {
    this.#settings = readOptions(options);
    this.#house = wire(options, this.#settings, () => this.#closedBecause());
  }

  /** This node's name in session ids and on the bus. */
  get node(): string {
    return this.#house.node;
  }

  /**
   * Opens store, bus and presence; from then on upgrades are taken. Rejects as they do, and with
   * `conflict` a second time. After a failed start everything is closed again.
   */
  start(): Promise<void> {
    const { store, bus, presence, random, keys, presenceTracker, presenceBoard } = this.#house;
    return this.#lifecycle.start(async () => {
      try {
        await store.open();
        const makeKey = (): string => hex(random.bytes(KEY_BYTES));
        keys.resume = this.#settings.secrets ?? [await store.setting("resume-key", makeKey)];
        keys.messages = await store.setting("message-hash-key", makeKey);
        await bus?.open();
        await presence.open();
        presenceBoard.start();
        await presenceTracker.start();
      } catch (error) {
        await this.#closePorts();
        throw error;
      }
    });
  }

  /**
   * Takes WebSocket upgrades at `<path>/ws` of the host's server; others stay with their owners. May
   * be called before `start`; until then they are answered with 503. Returns its undo. Throws
   * `invalid` for a path that is none.
   */
  attach(server: Server, { path = "/chat" }: { readonly path?: string } = {}): () => void {
    return this.#house.transport.attach(server, path);
  }

  /** Takes one upgrade that the host has routed here itself. Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#house.transport.handleUpgrade(request, socket, head);
  }

  /** Answers one request of the HTTP API. Never rejects. */
  async fetch(request: Request, context: FetchContext = {}): Promise<Response> {
    const closed = this.#closedBecause();
    if (closed === null) return this.#house.http.handle(request, context);
    return problem(new ChatError("unavailable", `unable to answer; ${closed}`, { retryAfterMs: 1_000 }));
  }

  /**
   * Closes every session with 1001, waits for what is being written, and lets go of store, bus and
   * presence. A second call waits for the first.
   */
  close(): Promise<void> {
    const { transport, sessions, sequencer, watermarks, typingNotices, presenceTracker, presenceBoard } = this.#house;
    return this.#lifecycle.close(async () => {
      const closed = transport.close();
      for (const session of [...sessions]) session.end(CLOSE.goingAway);
      await closed;
      await sequencer.idle();
      sequencer.stop();
      await watermarks.close();
      typingNotices.stop();
      presenceBoard.stop();
      await presenceTracker.stop();
      await this.#closePorts();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #closePorts(): Promise<void> {
    const { store, bus, presence, logger } = this.#house;
    const closed = await Promise.allSettled([presence.close(), bus?.close(), store.close()]);
    for (const result of closed) {
      if (result.status === "rejected") logger.warn({}, "unable to close a port");
    }
  }

  #closedBecause(): string | null {
    switch (this.#lifecycle.phase) {
      case "running":
        return null;
      case "new":
      case "starting":
        return "the server is starting";
      case "closing":
      case "closed":
        return "the server is closing";
    }
  }
}

/** An engine's rooms: the door of testing/ for connections that are no sockets, and for gauges. No part of the public surface. */
export function houseOf(chat: ChatEngine): House {
  return roomsOf(chat);
}
