import { nanos } from "@nats-io/transport-node";
import type { StreamPlan } from "./open-stream.ts";
import { requireNamespace } from "./subjects.ts";

export interface NatsPresenceOptions {
  /** Keeps clusters that share a server apart; part of the buckets' names. Default `default`. */
  readonly namespace?: string;
  /** Servers of a NATS cluster that hold the buckets: 1 to 5. Default 1. */
  readonly replicas?: number;
  /** Default `file`. `memory`: with the server everybody's presence is gone until their gateways write it again, within 10 s. */
  readonly storage?: "file" | "memory";
  /** Users of whom it is known when they were last seen; the one unchanged for longest is forgotten first. Default 50,000. */
  readonly seenUsersMax?: number;
}

/** What nobody writes again is forgotten: of dead nodes, and of sessions that were removed. */
const KEPT_MS = 3_600_000;
export const SEEN_USERS_MAX = 50_000;

export type PresencePlans = Readonly<Record<"sessions" | "seen", StreamPlan>>;

/** Buckets are streams of this shape: `nats kv` reads them. */
export function presencePlans(
  namespace: string,
  { replicas = 1, storage = "file", seenUsersMax = SEEN_USERS_MAX }: NatsPresenceOptions,
): PresencePlans {
  requireNamespace(namespace);
  const plan = (bucket: string): StreamPlan => ({
    name: `KV_${bucket}`,
    subjects: [`$KV.${bucket}.>`],
    retention: "limits",
    discard: "old",
    storage,
    num_replicas: replicas,
    max_msgs_per_subject: 1,
    allow_rollup_hdrs: true,
    deny_delete: true,
  });
  return {
    sessions: { ...plan(`earshot_${namespace}_presence`), max_age: nanos(KEPT_MS) },
    seen: { ...plan(`earshot_${namespace}_seen`), max_msgs: seenUsersMax },
  };
}

export function bucketOf({ name }: StreamPlan): string {
  return name.slice("KV_".length);
}
