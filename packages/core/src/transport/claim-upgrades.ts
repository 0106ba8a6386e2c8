import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";

type Upgrade = readonly [request: IncomingMessage, socket: Duplex, head: Buffer];

/**
 * Takes a server's upgrades of one path, before anybody else hears of them; all others stay with their
 * owners. `nobodys`: one of another path, on a server where nobody else takes any. Returns its undo.
 *
 * A second listener would not do: every listener hears of every upgrade, and the usual ones answer what
 * is not theirs on the same socket, `ws` with a 400 and @fastify/websocket by its routes.
 */
export function claimUpgrades(
  server: Server,
  path: string,
  take: (...upgrade: Upgrade) => void,
  nobodys: (socket: Duplex) => void,
): () => void {
  const onUpgrade = (...upgrade: Upgrade): void => {
    // Ours arrive here too where somebody kept the server's first `emit`.
    if (pathOf(upgrade[0]) === path) take(...upgrade);
    else if (server.listenerCount("upgrade") === 1) nobodys(upgrade[1]);
  };
  const emit = server.emit;
  let claimed = true;
  const emitOthers = function (this: Server, ...event: [string, ...unknown[]]): boolean {
    const [name, ...upgrade] = event;
    if (!claimed || name !== "upgrade" || pathOf(upgrade[0] as IncomingMessage) !== path) {
      return Reflect.apply(emit, this, event) as boolean;
    }
    take(...(upgrade as unknown as Upgrade));
    return true;
  } as Server["emit"];
  server.emit = emitOthers;
  server.on("upgrade", onUpgrade);
  return () => {
    claimed = false;
    server.off("upgrade", onUpgrade);
    if (server.emit === emitOthers) server.emit = emit;
  };
}

function pathOf(request: IncomingMessage): string {
  const url = request.url ?? "";
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}
