import type { PeerRow } from "../scenario.ts";

/** How a peer is spoken to. */
export type Dialect = "earshot" | "raw" | "raw-ack" | "socket.io" | "mqtt";

export interface Peer extends PeerRow {
  readonly dialect: Dialect;
  readonly needsRedis: boolean;
  /** Whether it keeps what it is given in a file. */
  readonly database: boolean;
}

const EARSHOT = "numbered, acknowledged both ways, windowed, catches up after a loss; only its rates are raised";
const PLAIN = { needsRedis: false, database: false };

/** Every server that is measured, and what it promises as configured. */
const PEERS: readonly Peer[] = [
  { ...PLAIN, name: "earshot", dialect: "earshot", guarantees: `kept in memory, ${EARSHOT}` },
  {
    ...PLAIN,
    name: "earshot-sqlite",
    dialect: "earshot",
    database: true,
    guarantees: `every message fsynced before its answer, ${EARSHOT}`,
  },
  { ...PLAIN, name: "ws-shared", dialect: "raw", guarantees: "none: one frame for all, one write for each" },
  {
    ...PLAIN,
    name: "ws-batch",
    dialect: "raw-ack",
    guarantees: "none: one write a turn; receivers acknowledge every 16 or 50 ms, which is only noted",
  },
  { ...PLAIN, name: "socket.io", dialect: "socket.io", guarantees: "none" },
  {
    ...PLAIN,
    name: "socket.io-csr",
    dialect: "socket.io",
    guarantees: "missed messages for 2 min from the memory of the process",
  },
  {
    ...PLAIN,
    name: "socket.io-ack",
    dialect: "socket.io",
    guarantees: "receivers acknowledge each message; counted, never sent again",
  },
  {
    ...PLAIN,
    name: "socket.io-streams",
    dialect: "socket.io",
    needsRedis: true,
    guarantees: "through a capped stream of Redis (no fsync); receivers do not acknowledge",
  },
  {
    ...PLAIN,
    name: "aedes",
    dialect: "mqtt",
    guarantees: "MQTT QoS 1, clean sessions: acknowledged both ways, from memory, while connected",
  },
];

export function peerNamed(name: string): Peer {
  const peer = PEERS.find((one) => one.name === name);
  if (peer === undefined) throw new Error(`there is no peer called ${name}`);
  return peer;
}

/** Those of the table that are named, in the table's order. */
export function peersNamed(...names: readonly string[]): readonly Peer[] {
  return PEERS.filter(({ name }) => names.includes(name));
}
