import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-streams-adapter";
import { Redis } from "ioredis";
import { Server, type ServerOptions } from "socket.io";
import { listen } from "./listen.ts";
import type { PeerSettings } from "./peer-settings.ts";

/** Time that receivers have to acknowledge, in ms, where they are asked to. */
const ACK_WITHIN_MS = 30_000;
/** As its documentation has it. */
const RECOVERY = { maxDisconnectionDuration: 2 * 60 * 1_000, skipMiddlewares: true };

/** Socket.IO as its documentation sets it up, over WebSockets alone; `peer` says with which of its guarantees. */
export function serveSocketIo({ peer, port, redisUrl }: PeerSettings): Promise<number> {
  const server = createServer();
  const options: Partial<ServerOptions> = {
    transports: ["websocket"],
    perMessageDeflate: false,
    serveClient: false,
    ...(peer === "socket.io-csr" ? { connectionStateRecovery: RECOVERY } : {}),
    ...(redisUrl === null ? {} : { adapter: createAdapter(new Redis(redisUrl)) }),
  };
  const io = new Server(server, options);
  const acknowledged = peer === "socket.io-ack";
  io.on("connection", (socket) => {
    socket.on("join", async (conversation: string, joined: () => void) => {
      await socket.join(conversation);
      joined();
    });
    socket.on("message", (conversation: string, body: unknown) => {
      if (acknowledged)
        socket
          .to(conversation)
          .timeout(ACK_WITHIN_MS)
          .emit("message", body, () => {});
      else socket.to(conversation).emit("message", body);
    });
  });
  return listen(server, port);
}
