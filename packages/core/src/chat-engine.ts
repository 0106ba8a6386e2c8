import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { ChatError, CLOSE, type ConversationId, type Definition, isUserId, type UserId } from "@earshot/protocol";
import type { Actor } from "./host/actor.ts";
import type { EventListener } from "./host/event-listeners.ts";
import type { Exported } from "./host/export-user.ts";
import type { Followed, FollowOptions } from "./host/follow.ts";
import type { Imported, ImportMessage } from "./host/import-messages.ts";
import type { RefusedListener } from "./host/refused-drafts.ts";
import type { FetchContext } from "./http/http-api.ts";
import { Lifecycle } from "./lifecycle.ts";
import { type ChatEngineOptions, type EngineSettings, readOptions } from "./options.ts";
import type { Before, BeforeOptions, BeforeStep } from "./ports/hooks.ts";
import { type Whereabouts, whereabouts } from "./presence/whereabouts.ts";
import { drainSessions, passes } from "./session/drain.ts";
import { type House, wire } from "./wiring.ts";

const LEAVING = "the server is leaving; connect to another";

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
export class ChatEngine<D extends Definition = Definition> {
  readonly #settings: EngineSettings;
  readonly #lifecycle = new Lifecycle();
  readonly #house: House;

  static {
    roomsOf = (chat) => chat.#house;
  }

  /** Checks the options and builds the rooms; does nothing yet. Throws `invalid`, naming the option. */
  constructor(options: ChatEngineOptions<D>) {
    this.#settings = readOptions(options);
    this.#house = wire(options, this.#settings, {
      closedBecause: () => this.#closedBecause(),
      silentBecause: () => (this.#lifecycle.phase === "draining" ? null : this.#closedBecause()),
      unreadyBecause: () => (this.#lifecycle.phase === "leaving" ? LEAVING : this.#closedBecause()),
    });
  }

  /** This node's name in session ids and on the bus. */
  get node(): string {
    return this.#house.node;
  }

  /**
   * Opens store, bus, presence and shared limits; from then on upgrades are taken. Rejects as they do, and with
   * `conflict` a second time. After a failed start everything is closed again.
   */
  start(): Promise<void> {
    const { store, bus, presence, sharedRates, random, keys } = this.#house;
    const { delivery, presenceTracker, presenceBoard, inProcess } = this.#house;
    return this.#lifecycle.start(async () => {
      try {
        await store.open();
        await keys.open(store, random, this.#settings.secrets);
        await bus?.open();
        await presence.open();
        await sharedRates.open();
        await delivery.start();
        presenceBoard.start();
        await presenceTracker.start();
        await inProcess.start();
      } catch (error) {
        await delivery.stop();
        await inProcess.close();
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
  fetch(request: Request, context: FetchContext = {}): Promise<Response> {
    return this.#house.http.handle(request, context);
  }

  /**
   * Leaves without a gap: from now on `readyz` and `healthz` answer 503 and nobody comes in; work that one node does
   * for all goes to others, `follow` ends with the batch in hand; who is here is served as before, told to come back
   * elsewhere at a moment of their own within `within` ms (default `drainWithinMs`, 20 s), and closed with 4001 at
   * its end. Resolves when all have left. `wait`: ms before that in which a balancer may notice, and newcomers
   * are still let in; default 0. `close` comes after
   * it. A second call waits for the first; an engine that does not run has nothing to drain. Rejects with
   * `invalid` for a `within` or a `wait` that is no time.
   */
  async drain(options: { readonly within?: number; readonly wait?: number } = {}): Promise<void> {
    const { within = this.#settings.limits.drainWithinMs, wait = 0 } = options;
    requireMs("within", within);
    requireMs("wait", wait);
    const { clock, random, sessions, watermarks, delivery, inProcess } = this.#house;
    const leave = async (): Promise<void> => {
      // Nobody who is here waits for the store in this.
      void delivery.leave();
      void inProcess.drain();
      void watermarks.flush();
      await passes(clock, wait, () => this.#lifecycle.phase !== "leaving");
    };
    await this.#lifecycle.drain(leave, async () => {
      await drainSessions({ clock, random, sessions }, within);
      await watermarks.flush();
    });
  }

  /**
   * The engine as a user has it, in process: with their rights and rates, `authorize` and hooks. Throws
   * `invalid` for what is no user id.
   */
  as(user: UserId): Actor<D> {
    // What the definition says of bodies is a type here; what users send is held to it before it is written.
    return this.#house.inProcess.as(user) as Actor as unknown as Actor<D>;
  }

  /**
   * Adds a hook before a step that users take; those of one step run in the order in which they were added,
   * each within its time. It may change the draft by what it gives, or `throw refuse(code, reason)`. Returns
   * its undo. Throws `invalid`.
   */
  before<Step extends BeforeStep>(step: Step, hook: Before<Step, D>, options?: BeforeOptions): () => void {
    return this.#house.decisions.hooks.add(step, hook as unknown as Before<Step>, options);
  }

  /**
   * Tells of every event that this node has written, after it was: at most once, never after a crash or where
   * the store's answer was lost (`follow` tells of all, at least once). No delivery waits for a listener; one that throws or
   * rejects is logged. Returns its undo. Throws `invalid`.
   */
  on(name: "event", listener: EventListener<D>): () => void;
  /**
   * Tells of every message that was stored in a transaction (`send` with `tx`) and could not be appended after its
   * commit, with the error that its sender would have had: at least once, on any node that listens. It is kept until a
   * listener has taken it without throwing; where one does, it is told again a minute later. Returns its undo. Throws `invalid`.
   */
  on(name: "refused", listener: RefusedListener): () => void;
  on(name: "event" | "refused", listener: EventListener<D> | RefusedListener): () => void {
    const { decisions, inProcess } = this.#house;
    if (name === "refused") return inProcess.drafts.onRefused(listener as RefusedListener);
    return decisions.listeners.on(name, listener as unknown as EventListener);
  }

  /** The host itself, which writes as the user id of option `system`: no role, membership, rate, `authorize` or hook stands in its way. */
  get system(): Actor<D> {
    return this.#house.inProcess.system as Actor as unknown as Actor<D>;
  }

  /**
   * Every event of every conversation, batch by batch, at least once, in the order of commits (of one conversation
   * by seq), with the conversations that were removed. A batch counts as taken when the next one is asked for; after
   * a crash it comes again. Of one name one node follows at a time, the others wait. Ends with the engine; a
   * store that cannot answer is waited for. Throws `invalid` for a name that is no id.
   */
  follow(options: FollowOptions): AsyncIterableIterator<readonly Followed<D>[], void, undefined> {
    const batches: AsyncIterableIterator<readonly Followed[], void, undefined> = this.#house.inProcess.follow(options);
    return batches as unknown as AsyncIterableIterator<readonly Followed<D>[], void, undefined>;
  }

  /**
   * Ends the user's sessions with 4503, after which clients stop: here at once, on every other node as it is told.
   * Resolves when those that stood before are gone, by the registry (option `presence`). Whether they may come back
   * `authenticate` says. Rejects with `unavailable` after `kickWithinMs` (5 s), naming in `details.nodes` the nodes that
   * did not let go, `[]` where the registry does not answer: call it again; with `invalid` for what is no user id.
   */
  kick(user: UserId): Promise<void> {
    return this.#house.inProcess.kick(user);
  }

  /**
   * Where users are, in the order asked: status and time last seen, and each of their sessions with its device and
   * node, also invisible ones, for the host alone. Of a node that died until its lease runs out, 30 s at most. Rejects
   * as the presence store does; with `invalid` for what is no list of user ids.
   */
  async presence(users: readonly UserId[]): Promise<readonly Whereabouts[]> {
    if (!Array.isArray(users) || !users.every(isUserId)) {
      throw new ChatError("invalid", "unable to see presence; that is no list of user ids");
    }
    return whereabouts(this.#house.registry, users);
  }

  /**
   * Voids what a user's sessions were opened with: they end with 4100, here at once, on other nodes as they hear of
   * it, within seconds, and their resume tokens hold no longer. `authenticate` decides anew. Rejects as the store does.
   */
  revoke(user: UserId): Promise<void> {
    return this.#house.inProcess.revoke(user);
  }

  /** Everything that the store keeps of a user, page by page as it is pulled. Throws `invalid` for what is no user id; pulls reject as the store does. */
  export(user: UserId): AsyncIterableIterator<Exported, void, undefined> {
    return this.#house.inProcess.export(user);
  }

  /**
   * Takes everything out that a user wrote: they leave groups and channels, their content goes from every
   * conversation, a `meta` event `{"erased":user}` tells each, and their sessions end. Rejects as the store does; to be
   * called again then, and after a crash: what is done already changes nothing.
   */
  erase(user: UserId): Promise<void> {
    return this.#house.inProcess.erase(user);
  }

  /**
   * Appends messages from before, with their own times, in the order given, whoever their authors are. May be
   * repeated: what is there already stays. Rejects with `invalid`, `too_large`, `conflict` or `not_found` for
   * the first that is wrong (`details.index`), when all before it are in; and as the store does.
   */
  import(
    conversation: ConversationId,
    messages: Iterable<ImportMessage> | AsyncIterable<ImportMessage>,
  ): Promise<Imported> {
    return this.#house.inProcess.import(conversation, messages);
  }

  /**
   * Closes every session with 1001, waits for what is being written, and lets go of store, bus and
   * presence. A second call waits for the first.
   */
  close(): Promise<void> {
    const { transport, polls, sessions, sequencer, watermarks, typingNotices } = this.#house;
    const { delivery, presenceTracker, presenceBoard, inProcess } = this.#house;
    return this.#lifecycle.close(async () => {
      const closed = transport.close();
      for (const session of [...sessions]) session.end(CLOSE.goingAway);
      polls.close();
      await closed;
      await inProcess.close();
      await sequencer.idle();
      sequencer.stop();
      await watermarks.close();
      typingNotices.stop();
      await delivery.stop();
      presenceBoard.stop();
      await presenceTracker.stop();
      await this.#closePorts();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #closePorts(): Promise<void> {
    const { store, bus, presence, sharedRates, logger } = this.#house;
    const ports = [sharedRates.close(), presence.close(), bus?.close(), store.close()];
    const closed = await Promise.allSettled(ports);
    for (const result of closed) {
      if (result.status === "rejected") logger.warn({}, "unable to close a port");
    }
  }

  #closedBecause(): string | null {
    switch (this.#lifecycle.phase) {
      case "running":
      case "leaving":
        return null;
      case "new":
      case "starting":
        return "the server is starting";
      case "draining":
        return LEAVING;
      case "closing":
      case "closed":
        return "the server is closing";
    }
  }
}

function requireMs(field: string, ms: number): void {
  if (Number.isSafeInteger(ms) && ms >= 0) return;
  throw new ChatError("invalid", `unable to drain; option ${field} must be a number of ms`, { details: { field } });
}

/** An engine's rooms: the door of testing/ for connections that are no sockets, and for gauges. No part of the public surface. */
export function houseOf(chat: ChatEngine): House {
  return roomsOf(chat);
}
