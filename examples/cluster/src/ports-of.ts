import type { Bus, MessageStore, PresenceStore } from "@earshot/core";
import type { Choices } from "./choices.ts";
import type { Connections } from "./connect.ts";
import type { PortUrls } from "./gateway-settings.ts";

export interface Ports {
  readonly store: MessageStore;
  readonly bus: Bus;
  readonly presence: PresenceStore;
}

type Made<P> = (connections: Connections, url: string) => Promise<P>;

const postgres = () => import("@earshot/adapter-postgres");
const redis = () => import("@earshot/adapter-redis");
const nats = () => import("@earshot/adapter-nats");

const STORE: Readonly<Record<Choices["store"], Made<MessageStore>>> = {
  postgres: async (connections, url) => (await postgres()).postgresStore(connections.postgres(url)),
  redis: async (connections, url) => (await redis()).redisStore(connections.redis(url)),
};

const BUS: Readonly<Record<Choices["bus"], Made<Bus>>> = {
  postgres: async (connections, url) => (await postgres()).postgresBus(connections.postgres(url)),
  redis: async (connections, url) => (await redis()).redisBus(connections.redis(url)),
  "redis-streams": async (connections, url) => (await redis()).redisStreamsBus(connections.redis(url)),
  nats: async (connections, url) => (await nats()).natsBus(connections.nats(url)),
  jetstream: async (connections, url) => (await nats()).jetstreamBus(connections.nats(url)),
};

const PRESENCE: Readonly<Record<Choices["presence"], Made<PresenceStore>>> = {
  postgres: async (connections, url) => (await postgres()).postgresPresence(connections.postgres(url)),
  redis: async (connections, url) => (await redis()).redisPresence(connections.redis(url)),
  nats: async (connections, url) => (await nats()).natsPresence(connections.nats(url)),
};

/** The store alone. */
export function storeOf(store: Choices["store"], connections: Connections, url: string): Promise<MessageStore> {
  return STORE[store](connections, url);
}

/** The adapters that were chosen, each on this gateway's own connections; the others are not even loaded. */
export async function portsOf(
  { store, bus, presence, urls }: Choices & { readonly urls: PortUrls },
  connections: Connections,
): Promise<Ports> {
  return {
    store: await storeOf(store, connections, urls.store),
    bus: await BUS[bus](connections, urls.bus),
    presence: await PRESENCE[presence](connections, urls.presence),
  };
}
