/** The systems that a cluster of gateways can share, each a server of its own. */
export type System = "postgres" | "redis" | "nats";

/** What each port may be, and the system that it lives on. */
export const STORES = { postgres: "postgres", redis: "redis" } as const satisfies Record<string, System>;
export const BUSES = {
  postgres: "postgres",
  redis: "redis",
  "redis-streams": "redis",
  nats: "nats",
  jetstream: "nats",
} as const satisfies Record<string, System>;
export const PRESENCES = { postgres: "postgres", redis: "redis", nats: "nats" } as const satisfies Record<
  string,
  System
>;

export interface Choices {
  readonly store: keyof typeof STORES;
  readonly bus: keyof typeof BUSES;
  readonly presence: keyof typeof PRESENCES;
}

/** The servers that these choices need. */
export function systemsOf({ store, bus, presence }: Choices): readonly System[] {
  return [...new Set<System>([STORES[store], BUSES[bus], PRESENCES[presence]])];
}

/** What belongs to one process, and why it cannot be had here. */
const ALONE: Readonly<Record<string, string>> = {
  "store sqlite":
    "its file belongs to one process, and each gateway is a process of its own: use npm start for one gateway",
  "store memory": "it lives in one process, and each gateway is a process of its own",
  "bus memory": "it reaches the gateways of one process only, and each gateway is a process of its own",
  "presence memory": "it knows the gateways of one process only, and each gateway is a process of its own",
};

/** Throws one sentence for a word that cannot be chosen. */
export function chosen<T extends string>(flag: string, word: string, known: Readonly<Record<T, System>>): T {
  if (Object.hasOwn(known, word)) return word as T;
  const why = ALONE[`${flag} ${word}`] ?? "there is no such";
  throw new Error(`--${flag} ${word} cannot be had: ${why}. Choose ${Object.keys(known).join(", ")}.`);
}
