import { ChatError } from "@earshot/protocol";
import type { NatsConnection } from "@nats-io/transport-node";
import { natsFailure } from "./nats-failure.ts";

/** An open connection, or the promise of one that `connect` gave: then `open` says why there is none. */
export type NatsSource = NatsConnection | Promise<NatsConnection>;

const VERSION_MIN = [2, 9, 0] as const;
/** An envelope may be of 256 KiB and is written with its topics; NATS's default is 1 MiB. */
const PAYLOAD_BYTES_MIN = 512 * 1_024;

/** Keeps a promise that nobody awaits yet from ending the process. */
export function held(source: NatsSource): NatsSource {
  if (source instanceof Promise) source.catch(() => {});
  return source;
}

/** The connection, if the adapters can keep their promises on it. */
export async function requireConnection(source: NatsSource, doing: string): Promise<NatsConnection> {
  let connection: NatsConnection;
  try {
    connection = await source;
  } catch (error) {
    throw natsFailure(doing, error);
  }
  if (connection.isClosed()) {
    throw new ChatError("unavailable", `${doing}; the NATS connection was closed: pass an open one`);
  }
  requireReconnecting(connection, doing);
  requireServer(connection, doing);
  return connection;
}

function requireReconnecting(connection: NatsConnection, doing: string): void {
  // Not in the driver's types. A driver that does not show its options is taken at its word.
  const { options } = connection as NatsConnection & {
    readonly options?: { readonly reconnect?: boolean; readonly maxReconnectAttempts?: number };
  };
  if (options === undefined) return;
  const { reconnect = true, maxReconnectAttempts = -1 } = options;
  if (reconnect && maxReconnectAttempts < 0) return;
  const when = reconnect ? `after ${maxReconnectAttempts} attempts` : "at once";
  throw new ChatError(
    "invalid",
    `${doing}; this NATS connection gives up ${when} when it is lost: connect with natsOptions({ … }), or with maxReconnectAttempts: -1`,
  );
}

function requireServer({ info }: NatsConnection, doing: string): void {
  if (info === undefined) return;
  const version = info.version.split(/[.-]/).slice(0, 3).map(Number);
  if (isOlder(version)) {
    throw new ChatError(
      "invalid",
      `${doing}; nats-server ${info.version} is too old: ${VERSION_MIN.join(".")} or newer is needed`,
    );
  }
  if (info.max_payload < PAYLOAD_BYTES_MIN) {
    throw new ChatError(
      "invalid",
      `${doing}; the NATS server takes messages of ${info.max_payload} bytes only: set its max_payload to ${PAYLOAD_BYTES_MIN} or more`,
    );
  }
}

function isOlder(version: readonly number[]): boolean {
  for (const [at, least] of VERSION_MIN.entries()) {
    const part = version[at] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
