import type { Population } from "../population.ts";

/** What a peer's server is started with. */
export interface PeerSettings {
  /** By which `serve.ts` finds the server. */
  readonly peer: string;
  /** 0: any. */
  readonly port: number;
  /** Whose conversations there are before anybody comes, where a server has to know that. */
  readonly population: Population;
  /** Messages in each conversation before anybody comes, where a server keeps any. */
  readonly history: number;
  /** File of the database, where a server has one that outlives it; null: in memory. */
  readonly database: string | null;
  /** Where it needs a Redis. */
  readonly redisUrl: string | null;
  /** Connections that one second may bring, where a server bounds that; null: its own bound. */
  readonly admissionsPerSecond: number | null;
}

/** What a server's process can be asked. */
export type PeerQuestion =
  | { readonly serve: PeerSettings }
  | { readonly memory: true }
  | { readonly profile: "begin" }
  | { readonly profile: "end"; readonly file: string };

/** After a collection of garbage, in bytes. */
export interface PeerMemory {
  readonly rss: number;
  readonly heap: number;
}
