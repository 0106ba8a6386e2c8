import { CLOSE, LIMITS, PROTOCOL_VERSION, SUBPROTOCOL } from "@earshot/protocol";
import { frameSchemas } from "../../packages/core/src/codec/frame-schemas.ts";
import { eventRow, gatewayFrames, goneRow, inboxRow, presenceRow, voidRow } from "./gateway-frames.ts";
import { type JsonSchema, jsonSchemas } from "./json-schema.ts";

/** What each frame is, in a line; section numbers are those of docs/protocol.md. */
const SUMMARIES: Readonly<Record<string, string>> = {
  "client.hello": "The first frame (§3).",
  "client.have": "More cursors of what the client keeps up to date (§3).",
  "client.auth": "Newer credentials for the open session (§3).",
  "client.ack": "Counted frames that have arrived, and cursors that moved (§4).",
  "client.ping": "A sign of life, answered by pong (§4).",
  "client.send": "A message, edit, deletion, reaction or an event of the application's own (§5).",
  "client.skip": "Gives up a refused send, so that those behind it may pass (§5).",
  "client.inbox": "Asks for the user's conversations (§6).",
  "client.fetch": "Asks for a page of a log (§6).",
  "client.subscribe": "A session's interest in a conversation, or in users' presence (§6, §7).",
  "client.unsubscribe": "Ends it.",
  "client.read": "Raises the read watermark (§7).",
  "client.unread": "Sets or clears the unread mark (§7).",
  "client.typing": "A hint, never stored (§7).",
  "client.active": "This device's own state (§7).",
  "client.bye": "A clean goodbye (§7).",
  "gateway.welcome": "The answer to hello (§3).",
  "gateway.authed": "The answer to auth (§3).",
  "gateway.event": "One entry of a log; the one counted frame (§4).",
  "gateway.again": "The oldest unacknowledged event once more (§4).",
  "gateway.pong": "The answer to ping (§4).",
  "gateway.lagging": "Conversations that the client has to fetch (§4).",
  "gateway.sent": "The answer to send, after the event is durable (§5).",
  "gateway.error": "A refusal (§8).",
  "gateway.inbox": "A page of the user's conversations (§6).",
  "gateway.events": "A page of a log (§6).",
  "gateway.eventsReset": "The cursor was of another life of the log (§3).",
  "gateway.eventsGone": "The conversation is not, or no longer, the user's (§3, §6).",
  "gateway.subscribed": "The answer to subscribe (§6).",
  "gateway.unsubscribed": "The answer to unsubscribe (§6).",
  "gateway.heads": "New heads of conversations that are not subscribed (§6).",
  "gateway.receipt": "How far a member has received and read (§7).",
  "gateway.tally": "The same of large conversations, counted (§7).",
  "gateway.presence": "Who is there (§7).",
  "gateway.typing": "Who is typing (§7).",
  "gateway.drain": "The gateway is leaving; come back elsewhere (§8).",
  "gateway.close": "Polls and streams: where a WebSocket would be closed (§2).",
  "gateway.from": "Streams: the first frame (§2).",
};

/** Which transports have a frame. */
const ONLY_STREAMED: readonly string[] = ["gateway.close", "gateway.from"];

/** The frames of the wire as an AsyncAPI 3 document, from the gateway's side: it receives what clients send. */
export function asyncApi(version: string): JsonSchema {
  const named = (side: string, frames: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(frames).map(([name, schema]) => [`${side}.${name}`, schema]));
  const client = jsonSchemas(named("client", frameSchemas) as never, "input");
  const rows = { EventRow: eventRow, VoidRow: voidRow, InboxRow: inboxRow, GoneRow: goneRow, PresenceRow: presenceRow };
  const gateway = jsonSchemas({ ...named("gateway", gatewayFrames), ...rows } as never, "output");
  const names = [...Object.keys(client), ...Object.keys(gateway).filter((name) => name.startsWith("gateway."))];
  const summary = (name: string): string => {
    const text = SUMMARIES[name];
    if (text === undefined) throw new Error(`scripts/specs/asyncapi.ts says nothing of ${name}`);
    return text;
  };
  const ref = (path: string) => ({ $ref: `#/${path}` });
  const onWebSocket = names.filter((name) => !ONLY_STREAMED.includes(name));
  const operation = (side: "client" | "gateway") => ({
    action: side === "client" ? "receive" : "send",
    channel: ref("channels/webSocket"),
    messages: onWebSocket
      .filter((name) => name.startsWith(`${side}.`))
      .map((name) => ref(`channels/webSocket/messages/${name}`)),
  });
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Earshot wire protocol",
      version,
      description: `Version ${PROTOCOL_VERSION}: one JSON object a frame. docs/protocol.md says what the frames mean, and in which order they come. Unknown fields are ignored on both sides. A frame has at most ${LIMITS.frameBytesMax} bytes, ${LIMITS.keysMax} keys and a depth of ${LIMITS.depthMax}.`,
      license: { name: "MIT" },
    },
    defaultContentType: "application/json",
    servers: {
      gateway: {
        host: "127.0.0.1:3000",
        pathname: "/chat",
        protocol: "ws",
        description: "Where the engine is mounted; here the quickstart.",
      },
    },
    channels: {
      webSocket: {
        address: "/ws",
        description: `Text frames, subprotocol ${SUBPROTOCOL}. Close codes: ${Object.values(CLOSE)
          .map(({ code, reason }) => `${code} ${reason}`)
          .join(", ")}. Long polling and server-sent events carry the same frames; see the OpenAPI document.`,
        messages: Object.fromEntries(onWebSocket.map((name) => [name, ref(`components/messages/${name}`)])),
        bindings: {
          ws: {
            method: "GET",
            headers: { type: "object", properties: { "Sec-WebSocket-Protocol": { const: SUBPROTOCOL } } },
          },
        },
      },
    },
    operations: { receiveFrames: operation("client"), sendFrames: operation("gateway") },
    components: {
      messages: Object.fromEntries(
        names.map((name) => [
          name,
          { name, title: name.split(".")[1], summary: summary(name), payload: ref(`components/schemas/${name}`) },
        ]),
      ),
      schemas: { ...client, ...gateway },
    },
  };
}
