import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { ChatError, LIMITS, SUBPROTOCOL, WIRE_ERRORS, type WireErrorCode } from "@earshot/protocol";
import { type Server as ServerOfSockets, type ServerOptions, WebSocketServer } from "ws";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import { MOUNT_PATH } from "../options.ts";
import type { Clock } from "../ports/clock.ts";
import type { AcceptConnection } from "../ports/transport.ts";
import type { NotAdmitted } from "./admission.ts";
import { claimUpgrades } from "./claim-upgrades.ts";
import { ConnectedSocket } from "./connected-socket.ts";
import { MessageWatch } from "./message-watch.ts";
import type { RawRequest, SeenRequest } from "./origin.ts";
import { SharedTexts } from "./shared-texts.ts";
import { WriteGate } from "./write-gate.ts";
import { type ConnectionHouse, WsConnection } from "./ws-connection.ts";
import { wsFrames } from "./ws-frame.ts";

export interface WsTransportSurroundings {
  readonly clock: Clock;
  readonly accept: AcceptConnection;
  /** Who a request is of, and whether its Origin may connect. */
  see(request: RawRequest): SeenRequest;
  /** Why nobody can come in now, or null. */
  closedBecause(): string | null;
  /** Takes one more of an address in, or says why not: null if it may come. */
  admit(address: string): NotAdmitted | null;
}

/** Refused before the upgrade, over plain HTTP. */
interface UpgradeRefusal {
  readonly code: WireErrorCode;
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

/** How long a peer may take to answer a close frame, in ms. */
const CLOSE_WITHIN_MS = 5_000;
/** Upgrades on a path that is not ours, with nobody else to take them, are told so. */
const NOT_OURS: UpgradeRefusal = { code: "not_found", detail: "no WebSocket is served at this path" };

/** WebSocket at `<path>/ws` on servers that are the host's: leaves every other upgrade to its owner. */
export class WsTransport {
  readonly #house: WsTransportSurroundings;
  readonly #server: ServerOfSockets<typeof ConnectedSocket>;
  readonly #connectionHouse: ConnectionHouse;
  /** Names of hosts and browsers, which are kept as long as the connection. */
  readonly #shared = new SharedTexts();
  readonly #detach: (() => void)[] = [];
  #connections = 0;
  #allClosed: (() => void)[] = [];

  constructor(house: WsTransportSurroundings) {
    this.#house = house;
    const { clock } = house;
    this.#connectionHouse = {
      clock,
      gate: new WriteGate(clock, wsFrames),
      watch: new MessageWatch(),
      closed: () => this.#closed(),
    };
    const options: ServerOptions<typeof ConnectedSocket> &
      Record<"maxFragments" | "maxBufferedChunks" | "closeTimeout", number> = {
      noServer: true,
      WebSocket: ConnectedSocket,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: LIMITS.frameBytesMax,
      // S21: beyond these `ws` closes with 1008
      maxFragments: FIXED_LIMITS.fragmentsMax,
      maxBufferedChunks: FIXED_LIMITS.bufferedChunksMax,
      closeTimeout: CLOSE_WITHIN_MS,
      handleProtocols: () => SUBPROTOCOL,
    };
    this.#server = new WebSocketServer(options);
    this.#server.on("wsClientError", (_error, socket) =>
      refuse(socket, { code: "invalid", detail: "not a WebSocket upgrade" }),
    );
  }

  /** Takes upgrades of `<path>/ws`. Throws `invalid` for a path that is none. Returns its undo. */
  attach(server: Server, path: string): () => void {
    if (!MOUNT_PATH.test(path)) {
      throw new ChatError("invalid", 'unable to attach; option path must be like "/chat", without a slash at its end', {
        details: { field: "path" },
      });
    }
    const undo = claimUpgrades(
      server,
      `${path}/ws`,
      (request, socket, head) => this.handleUpgrade(request, socket, head),
      (socket) => refuse(socket, NOT_OURS),
    );
    this.#detach.push(undo);
    return undo;
  }

  /** Takes an upgrade that the host has routed here itself. Never throws. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A socket without a listener for its errors takes the process down (S32).
    socket.on("error", ignore);
    const seen = this.#house.see(rawRequest(request, this.#shared));
    const refusal = this.#refusal(request, seen);
    if (refusal !== null) {
      refuse(socket, refusal);
      return;
    }
    const { peer } = seen;
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      this.#connections++;
      // `ws` listens by now.
      socket.off("error", ignore);
      new WsConnection(ws, socket, peer, this.#connectionHouse).start(this.#house.accept);
    });
  }

  /** Takes no upgrades any longer. Open connections are their sessions' to close; resolves when all are. */
  async close(): Promise<void> {
    for (const undo of this.#detach.splice(0)) undo();
    this.#server.close();
    if (this.#connections > 0) await new Promise<void>((resolve) => this.#allClosed.push(resolve));
  }

  #closed(): void {
    if (--this.#connections === 0) for (const resolve of this.#allClosed.splice(0)) resolve();
  }

  #refusal(request: IncomingMessage, { peer, refusal }: SeenRequest): UpgradeRefusal | null {
    const closed = this.#house.closedBecause();
    if (closed !== null) return { code: "unavailable", detail: closed, retryAfterSeconds: 1 };
    const offered = (request.headers["sec-websocket-protocol"] ?? "").split(",").map((protocol) => protocol.trim());
    if (!offered.includes(SUBPROTOCOL))
      return { code: "invalid", detail: `the subprotocol ${SUBPROTOCOL} was not offered` };
    if (refusal !== null) return { code: "forbidden", detail: `unable to connect; ${refusal}` };
    return this.#house.admit(peer.address);
  }
}

/** Of the upgrade itself: they say nothing of who asks, and are kept as long as the connection. */
const OF_UPGRADE = new Set(["connection", "upgrade", "sec-websocket-key", "sec-websocket-version"]);
/** What many send alike, and is nobody's secret. */
const OF_MANY = new Set(["host", "origin", "user-agent", "accept-encoding", "accept-language"]);

function ignore(): void {}

function rawRequest(request: IncomingMessage, shared: SharedTexts) {
  const headers: Record<string, string | undefined> = Object.create(null) as Record<string, string | undefined>;
  for (const [name, value] of Object.entries(request.headers)) {
    if (OF_UPGRADE.has(name) || value === undefined) continue;
    const text = Array.isArray(value) ? value.join(", ") : value;
    headers[name] = OF_MANY.has(name) ? shared.of(text) : text;
  }
  const { remoteAddress = "", encrypted = false } = request.socket as typeof request.socket & { encrypted?: boolean };
  return { headers, remoteAddress, secure: encrypted };
}

function refuse(socket: Duplex, { code, detail, retryAfterSeconds }: UpgradeRefusal): void {
  const { http, meaning } = WIRE_ERRORS[code];
  const body = JSON.stringify({ type: "about:blank", title: meaning, status: http, code, detail });
  const retry = retryAfterSeconds === undefined ? "" : `Retry-After: ${retryAfterSeconds}\r\n`;
  socket.on("error", ignore);
  socket.end(
    `HTTP/1.1 ${http} ${code}\r\nConnection: close\r\nContent-Type: application/problem+json\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n${retry}\r\n${body}`,
    () => socket.destroy(),
  );
}
