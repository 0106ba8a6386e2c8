import type { NatsConnection } from "@nats-io/transport-node";

/** What the driver's own way out may take before the socket is torn. */
const OWN_WAY_MS = 1_000;

/**
 * Has a connection that is dead, but does not know it, opened anew. The driver waits for what it has written to leave the
 * machine, which on a dead link with a full buffer never comes: then its socket is destroyed under it.
 */
export function breakConnection(connection: NatsConnection): void {
  const socket = socketOf(connection);
  void connection.reconnect().catch(() => {});
  setTimeout(() => {
    if (socket !== undefined && socket === socketOf(connection)) socket.destroy?.();
  }, OWN_WAY_MS).unref();
}

interface Destroyable {
  destroy?(): void;
}

/** Not in the driver's types; undefined where it is not there. */
function socketOf(connection: NatsConnection): Destroyable | undefined {
  const { protocol } = connection as NatsConnection & {
    readonly protocol?: { readonly transport?: { readonly socket?: Destroyable } };
  };
  return protocol?.transport?.socket;
}
