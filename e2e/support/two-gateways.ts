import { createServer, type Server } from "node:http";
import { ChatEngine, MemoryBusHub, memoryBus, memoryStore } from "@earshot/core";
import { chatHandler } from "@earshot/core/node";
import { sharedStore } from "@earshot/core/testing";
import { Balancer } from "./balancer.ts";

/** Two gateways on one memory store and one memory bus, and the balancer in front of them. */
export interface TwoGateways {
  readonly balancer: Balancer;
  stop(): Promise<void>;
}

/** The one place where end-to-end tests know the packages: the quickstart is a gateway by itself. A token is the id of its user. */
export async function startTwoGateways(): Promise<TwoGateways> {
  const [hub, store] = [new MemoryBusHub(), sharedStore(memoryStore())];
  const gateways = await Promise.all(
    ["n1", "n2"].map(async (node) => {
      const authenticate = ({ token }: { readonly token: string | null }) => (token ? { user: token } : null);
      const chat = new ChatEngine({ node, store: store(), bus: memoryBus(hub), authenticate });
      await chat.start();
      const server = createServer(chatHandler(chat, { path: "/chat" }));
      chat.attach(server, { path: "/chat" });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return { chat, server, node, port: portOf(server) };
    }),
  );
  const balancer = await Balancer.before(...gateways);
  return {
    balancer,
    stop: async () => {
      await balancer.close();
      for (const { chat, server } of gateways) {
        await chat.close();
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the gateway does not listen");
  return address.port;
}
