/** The protocol version this package speaks. A `hello` with another `v` is closed with 4506. */
export const PROTOCOL_VERSION = 1;

/** The WebSocket subprotocol. An upgrade that does not offer it is refused with HTTP 400. */
export const SUBPROTOCOL = "earshot.v1";
