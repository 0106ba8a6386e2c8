export type { NamespaceOptions } from "./namespace.ts";
export { type RedisBusOptions, redisBus } from "./redis-bus.ts";
export type { IoredisClient, NodeRedisClient, RedisClient } from "./redis-client.ts";
export { type RedisPresenceOptions, redisPresence } from "./redis-presence.ts";
export { type RedisRateLimiterOptions, redisRateLimiter } from "./redis-rate-limiter.ts";
export { type RedisStoreOptions, redisStore } from "./redis-store.ts";
export { type RedisStreamsBusOptions, redisStreamsBus } from "./redis-streams-bus.ts";
