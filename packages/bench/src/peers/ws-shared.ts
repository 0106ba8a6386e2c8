import type { PeerSettings } from "./peer-settings.ts";
import { serveRawWs } from "./raw-ws.ts";

/** One frame for all, one write for each of them. */
export function serveWsShared({ port }: PeerSettings): Promise<number> {
  return serveRawWs(port, ({ connections }, from, frame) => {
    for (const connection of connections) if (connection !== from) connection.socket.write(frame);
  });
}
