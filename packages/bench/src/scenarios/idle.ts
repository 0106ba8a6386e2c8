import { atMostTimes } from "../goals.ts";
import { peersNamed } from "../peers/peers.ts";
import type { BenchOptions, Case, Goal, Scenario } from "../scenario.ts";
import { driven } from "./driven.ts";

const CONNECTIONS = 10_000;
const MEMBERS = 10;
/** Share of the connections that are there before it is measured: what the first ones cost is not a connection's. */
const BEFORE = 0.05;
/** For what a connection leaves behind on its way in to go. */
const SETTLE_MS = 3_000;
const MAIN = "rssBytesPerConnection";

const ratio = (value: number, of: string): Goal => atMostTimes("earshot", MAIN, value, of);
const GOALS: readonly Goal[] = [
  ratio(1.4, "ws-shared"),
  ratio(0.65, "socket.io"),
  { peer: "earshot", figure: "heapBytesPerConnection", bound: "at most", value: 4_500 },
];

function idleCase({ n, profile }: BenchOptions, settleMs: number): Case {
  const conversations = Math.max(1, Math.round((n ?? CONNECTIONS) / MEMBERS));
  const connections = conversations * MEMBERS;
  const population = { users: connections, conversations, members: MEMBERS };
  const from = Math.ceil(connections * BEFORE);
  return {
    parameters: { connections, members: MEMBERS },
    goals: GOALS,
    measure: (peer) =>
      driven(
        peer,
        population,
        async ({ server, generator, target }) => {
          const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, settleMs));
          await generator.run({ job: "idle", target, population, from: 0, to: from });
          await settle();
          const before = await server.memory();
          await generator.run({ job: "idle", target, population, from, to: connections });
          await settle();
          const after = await server.memory();
          return {
            rssBytesPerConnection: (after.rss - before.rss) / (connections - from),
            heapBytesPerConnection: (after.heap - before.heap) / (connections - from),
          };
        },
        { profile },
      ),
  };
}

/** What connections weigh that only are there: signed in and subscribed to a conversation of ten. */
export function idle({ settleMs = SETTLE_MS }: { readonly settleMs?: number } = {}): Scenario {
  return {
    name: "idle",
    about: "--n connections (10,000), each signed in and subscribed to one conversation: memory of the server",
    peers: peersNamed("earshot", "earshot-sqlite", "ws-shared", "socket.io", "socket.io-csr", "aedes"),
    usually: ["earshot", "ws-shared", "socket.io", "socket.io-csr", "aedes"],
    main: MAIN,
    cases: (options) => [idleCase(options, settleMs)],
  };
}
