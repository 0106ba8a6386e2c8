import { once } from "node:events";
import type { AddressInfo, Server } from "node:net";

/** Connections that wait to be accepted: with Node's own 511 a crowd that comes at once waits a second for nothing. */
const BACKLOG = 4_096;

/** The same for every peer. Gives the port. */
export async function listen(server: Server, port: number): Promise<number> {
  await once(server.listen({ port, host: "127.0.0.1", backlog: BACKLOG }), "listening");
  return (server.address() as AddressInfo).port;
}
