import { parseArgs } from "node:util";
import { BUSES, type Choices, chosen, PRESENCES, STORES } from "./choices.ts";

export interface ClusterOptions extends Choices {
  readonly nodes: number;
  /** Of the first gateway; the others take the next ones. A port that is taken is passed over. */
  readonly port: number;
  /** Time that clients have to leave when the cluster is told to end, in ms. */
  readonly drainMs: number;
  readonly json: boolean;
}

const NODES_MAX = 16;
const PORT_MAX = 65_535 - NODES_MAX;
const DRAIN_MS_MAX = 600_000;

export const USAGE =
  "npm run cluster -- [--nodes 3] [--store postgres|redis] [--bus postgres|redis|redis-streams|nats|jetstream]\n" +
  "                   [--presence postgres|redis|nats] [--port 4101] [--drain-ms 2000] [--json]";

/**
 * Reads the command line. Bus and presence live on the store's system unless they are chosen; presence on the bus's
 * where only that is. Throws one sentence about what cannot be.
 */
export function readOptions(args: readonly string[]): ClusterOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      nodes: { type: "string", default: "3" },
      store: { type: "string", default: "postgres" },
      bus: { type: "string" },
      presence: { type: "string" },
      port: { type: "string", default: "4101" },
      "drain-ms": { type: "string", default: "2000" },
      json: { type: "boolean", default: false },
    },
  });
  const store = chosen("store", values.store, STORES);
  const bus = chosen("bus", values.bus ?? STORES[store], BUSES);
  return {
    store,
    bus,
    presence: chosen("presence", values.presence ?? BUSES[bus], PRESENCES),
    nodes: whole("nodes", values.nodes, 1, NODES_MAX),
    port: whole("port", values.port, 1, PORT_MAX),
    drainMs: whole("drain-ms", values["drain-ms"], 0, DRAIN_MS_MAX),
    json: values.json,
  };
}

function whole(flag: string, word: string, from: number, to: number): number {
  const value = /^\d{1,6}$/.test(word) ? Number(word) : Number.NaN;
  if (value >= from && value <= to) return value;
  throw new Error(`--${flag} must be a number from ${from} to ${to}, not ${JSON.stringify(word)}.`);
}
