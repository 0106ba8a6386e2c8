import { WebSocket } from "ws";

/** Who hears what happens on a WebSocket. */
export interface SocketOwner {
  onMessage(content: Buffer, isBinary: boolean): void;
  onControl(): void;
  onClosed(code: number): void;
}

/**
 * A WebSocket that says what happens to one owner, by one method: listeners would be closures of each
 * connection, and those and the lists that they stand in cost an idle one 1 KB.
 */
export class ConnectedSocket extends WebSocket {
  owner: SocketOwner | null = null;

  override emit(event: string | symbol, first?: unknown, second?: unknown): boolean {
    const { owner } = this;
    if (owner === null) return false;
    switch (event) {
      case "message":
        owner.onMessage(first as Buffer, second as boolean);
        return true;
      case "ping":
      case "pong":
        owner.onControl();
        return true;
      case "close":
        owner.onClosed(first as number);
        return true;
      default:
        // `error`: `ws` has closed with the code that fits (1002, 1007, 1008, 1009) before it says what was wrong (S32).
        return false;
    }
  }
}
