import { createServer, type Server } from "node:http";
import {
  ChatEngine,
  MemoryBusHub,
  MemoryPresenceRegistry,
  memoryBus,
  memoryPresence,
  memoryStore,
  systemClock,
} from "@earshot/core";
import { chatHandler } from "@earshot/core/node";
import { Lossy, SeededRandom, sharedStore } from "@earshot/core/testing";
import { Balancer } from "./balancer.ts";

export interface StartedGateway {
  readonly node: string;
  readonly url: string;
  readonly chat: ChatEngine;
}

/** Two gateways on one memory store, one memory bus and one presence registry, and the balancer in front of them. */
export interface TwoGateways {
  readonly balancer: Balancer;
  readonly gateways: readonly [StartedGateway, StartedGateway];
  stop(): Promise<void>;
}

export interface TwoGatewaysOptions {
  /** The share of envelopes that the bus loses; 0 by default. */
  readonly lost?: number;
}

/** The one place where end-to-end tests know the packages: the quickstart is a gateway by itself. A token is the id of its user. */
export async function startTwoGateways({ lost = 0 }: TwoGatewaysOptions = {}): Promise<TwoGateways> {
  const [hub, store] = [new MemoryBusHub(), sharedStore(memoryStore({ clock: systemClock }))];
  const registry = new MemoryPresenceRegistry(systemClock);
  const lossy = new Lossy({ clock: systemClock, random: new SeededRandom(1) });
  const start = async (node: string) => {
    const authenticate = ({ token }: { readonly token: string | null }) => (token ? { user: token } : null);
    const bus = lossy.wrap(memoryBus(hub), { subscribe: { drop: lost } });
    const chat = new ChatEngine({ node, store: store(), bus, presence: memoryPresence(registry), authenticate });
    await chat.start();
    const server = createServer(chatHandler(chat, { path: "/chat" }));
    chat.attach(server, { path: "/chat" });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const port = portOf(server);
    return { chat, server, node, port, url: `http://127.0.0.1:${port}` };
  };
  const gateways = [await start("n1"), await start("n2")] as const;
  const balancer = await Balancer.before(...gateways);
  return {
    balancer,
    gateways,
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
