import type { NodeConnectionOptions } from "@nats-io/transport-node";

/**
 * Connection options under which the adapters keep their promises; the given ones win, but for reconnecting, which
 * goes on for ever: the driver's own default gives up for good after 10 attempts. Between two attempts 0.1 to 1.1 s pass,
 * by chance, so that gateways do not come back in step; a connection is tried for 5 s.
 *
 * ```ts
 * const connection = await connect(natsOptions({ servers: "nats://10.0.0.1:4222", token }));
 * ```
 */
export function natsOptions(given: NodeConnectionOptions = {}): NodeConnectionOptions {
  return {
    reconnectTimeWait: 100,
    reconnectJitter: 1_000,
    reconnectJitterTLS: 1_000,
    timeout: 5_000,
    ...given,
    reconnect: true,
    maxReconnectAttempts: -1,
    // Two refusals in a row would end the connection for good; a server that restarts may refuse for a while.
    ignoreAuthErrorAbort: true,
  };
}
