import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { JWK } from "jose";

/** An issuer's key endpoint: what it answers the test may change, and it counts who asks. */
export async function jwksServer(keys: readonly JWK[]) {
  const state = { keys, status: 200, asked: 0, hang: false };
  const server = createServer((_request, response) => {
    state.asked++;
    if (state.hang) return;
    response.writeHead(state.status, { "content-type": "application/json" });
    response.end(JSON.stringify({ keys: state.keys }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`, state, close };
}
