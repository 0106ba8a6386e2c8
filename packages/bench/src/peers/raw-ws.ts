import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { listen } from "./listen.ts";

/** A connection as the raw servers keep it: as little as can be. */
export class RawConnection {
  readonly socket: Duplex;
  conversation: RawConversation | null = null;
  /** What it has acknowledged, where it does. */
  acked = 0;

  constructor(socket: Duplex) {
    this.socket = socket;
  }
}

export class RawConversation {
  readonly connections: RawConnection[] = [];
  seq = 0;
  /** Frames of this turn, with who sent them, where the server gathers them. */
  gathered: { readonly from: RawConnection; readonly frame: Buffer }[] = [];
}

interface RawFrame {
  readonly t: string;
  readonly c: string;
  readonly n: number;
  readonly body: unknown;
}

const TEXT = 0x81;

/**
 * A server on `ws` and nothing else: who has joined a conversation gets what others send into it, numbered, and encoded
 * once. Nothing is stored, nobody is asked who they are.
 */
export function serveRawWs(
  port: number,
  deliver: (conversation: RawConversation, from: RawConnection, frame: Buffer) => void,
): Promise<number> {
  const server = createServer();
  const conversations = new Map<string, RawConversation>();
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false });
  webSockets.on("connection", (ws, request) => {
    const connection = new RawConnection(request.socket);
    ws.on("message", (bytes: Buffer) => {
      const frame = JSON.parse(bytes.toString()) as RawFrame;
      if (frame.t === "ack") {
        connection.acked = frame.n;
      } else if (frame.t === "join") {
        const conversation = conversations.get(frame.c) ?? new RawConversation();
        conversations.set(frame.c, conversation);
        conversation.connections.push(connection);
        connection.conversation = conversation;
        ws.send('{"t":"joined"}');
      } else if (connection.conversation !== null) {
        const seq = ++connection.conversation.seq;
        deliver(
          connection.conversation,
          connection,
          textFrame(JSON.stringify({ t: "event", c: frame.c, seq, body: frame.body })),
        );
      }
    });
    ws.on("close", () => {
      const connections = connection.conversation?.connections ?? [];
      connections.splice(connections.indexOf(connection) >>> 0, 1);
    });
    ws.on("error", () => {});
  });
  return listen(server, port);
}

/** An unmasked text frame of less than 64 KiB. */
function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const header = length < 126 ? 2 : 4;
  const frame = Buffer.allocUnsafe(header + length);
  frame[0] = TEXT;
  if (header === 2) {
    frame[1] = length;
  } else {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  }
  frame.write(text, header);
  return frame;
}
