/** How a client reaches the gateway: protocol.md, section 2. */
export type TransportName = "websocket" | "poll" | "sse";

/** One connection by whatever transport: carries frames as text. */
export interface WireLink {
  send(text: string): void;
  /** Ends it without a goodbye. */
  terminate(): void;
}

export interface WireLinkListener {
  onText(text: string): void;
  /** Once, at the end. `terminate` ends with 1006. */
  onClose(code: number, reason: string): void;
}

/** The transport that tests speak unless they say otherwise: `WIRE_TRANSPORT`, by default WebSocket. */
export function defaultTransport(): TransportName {
  const name = process.env["WIRE_TRANSPORT"] ?? "websocket";
  if (name === "websocket" || name === "poll" || name === "sse") return name;
  throw new Error(`WIRE_TRANSPORT is websocket, poll or sse, not ${name}`);
}
