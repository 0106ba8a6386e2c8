import type { PeerSettings } from "./peer-settings.ts";
import { type RawConversation, serveRawWs } from "./raw-ws.ts";

/** What a turn brings goes out at its end: one piece of memory for all, one write for each of them. The limit of this stack. */
export function serveWsBatch({ port }: PeerSettings): Promise<number> {
  let waiting: RawConversation[] = [];
  const flushAll = (): void => {
    const conversations = waiting;
    waiting = [];
    for (const conversation of conversations) flush(conversation);
  };
  return serveRawWs(port, (conversation, from, frame) => {
    if (waiting.length === 0) setImmediate(flushAll);
    if (conversation.gathered.length === 0) waiting.push(conversation);
    conversation.gathered.push({ from, frame });
  });
}

function flush(conversation: RawConversation): void {
  const { connections, gathered } = conversation;
  conversation.gathered = [];
  const senders = new Set(gathered.map(({ from }) => from));
  const all = gathered.length === 1 ? gathered[0]?.frame : Buffer.concat(gathered.map(({ frame }) => frame));
  if (all === undefined) return;
  for (const connection of connections) {
    if (!senders.has(connection)) {
      connection.socket.write(all);
      continue;
    }
    for (const { from, frame } of gathered) if (from !== connection) connection.socket.write(frame);
  }
}
