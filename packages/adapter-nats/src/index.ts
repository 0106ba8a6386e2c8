export { type JetStreamBusOptions, jetstreamBus } from "./jetstream-bus.ts";
export { type NatsBusOptions, natsBus } from "./nats-bus.ts";
export { natsOptions } from "./nats-options.ts";
export { natsPresence } from "./nats-presence.ts";
export type { NatsPresenceOptions } from "./presence-plans.ts";
export type { NatsSource } from "./require-connection.ts";
