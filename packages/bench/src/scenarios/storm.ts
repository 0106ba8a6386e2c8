import { peerNamed, peersNamed } from "../peers/peers.ts";
import { RunningPeer } from "../peers/running-peer.ts";
import { processCpuSeconds } from "../process-cpu.ts";
import { type BenchOptions, type Case, type Figures, type Goal, type Scenario, VoidRun } from "../scenario.ts";
import { type Driven, driven, profiled } from "./driven.ts";

const CLIENTS = 5_000;
/** Conversations of each client, and members of each conversation. */
const CURSORS = 20;
const MEMBERS = 50;
/**
 * Events that a client lacks in each of its conversations: none, and five, which in 20 are the 100 that it is behind by:
 * whoever was away for a moment lacks a little everywhere, and twenty pages cost more than one of a hundred.
 */
const BEHIND = [0, 5];
/** How many come back within a second, where the server says so itself, and so for those that do not. */
const RETURN_PER_SECOND = 2_000;
/** What all have caught up within, beside `spread`. */
const CAUGHT_UP_MS = 2_000;
const MAIN = "cpuMsPerClient";

const atMost = (figure: string, value: number): Goal => ({ peer: "earshot", figure, bound: "at most", value });

function goalsOf(behind: number, spreadMs: number): readonly Goal[] {
  return [
    atMost(MAIN, behind === 0 ? 0.35 : 0.6),
    atMost("attemptsPerClient", 1.2),
    atMost("p99Ms", spreadMs + CAUGHT_UP_MS),
  ];
}

/** Kills the server, starts it again on its port, and waits until everybody is back. */
async function killed(
  { server, generator, settings }: Driven,
  clients: number,
  profile: string | null,
): Promise<Figures> {
  const killedAt = performance.now();
  await server.kill();
  const nobody = { users: 0, conversations: 0, members: 0 };
  const again = await RunningPeer.start({ ...settings, port: server.port, population: nobody, history: 0 });
  try {
    const downMs = performance.now() - killedAt;
    const before = processCpuSeconds(again.pid);
    const over = (): Promise<Figures> => generator.run({ job: "storm-over" });
    const figures = await (profile === null ? over() : profiled(again, settings.peer, profile, over));
    const cpuSeconds = processCpuSeconds(again.pid) - before;
    return { cpuMsPerClient: (cpuSeconds * 1_000) / clients, ...figures, downMs };
  } finally {
    await again.kill();
  }
}

function stormCase({ n, profile }: BenchOptions, behind: number): Case {
  const clients = Math.max(MEMBERS, Math.round((n ?? CLIENTS) / MEMBERS) * MEMBERS);
  const population = { users: clients, conversations: (clients * CURSORS) / MEMBERS, members: MEMBERS };
  const spreadMs = (clients / RETURN_PER_SECOND) * 1_000;
  return {
    parameters: { clients, cursors: CURSORS, eventsBehind: behind * CURSORS },
    goals: clients === CLIENTS ? goalsOf(behind, spreadMs) : [],
    // The others have nothing to catch up from.
    ...(behind === 0 ? {} : { peers: ["earshot"] }),
    measure: (peer) =>
      driven(
        peer,
        population,
        async (run) => {
          const { generator, target } = run;
          const gathered = await generator.run({ job: "storm", target, population, behind, spreadMs });
          const figures = await killed(run, clients, profile);
          if (peerNamed(peer).dialect === "earshot" && gathered["spreadMs"] === 0) {
            throw new VoidRun("the server told nobody over which time to come back");
          }
          return { ...figures, spreadMs: gathered["spreadMs"] ?? 0 };
        },
        { history: behind, admissionsPerSecond: null, durable: true },
      ),
  };
}

/**
 * Everybody loses the server at once and comes back to the next one, on the same port and the same database, by the
 * client's own rule: the first attempt within `spread`, as the server told it, the next ones by full jitter. An attempt
 * that finds nobody listening counts, so the time that a server takes to start is part of what is measured, and the built
 * packages are what starts (`npm run bench` builds them).
 */
export function storm({ behind = BEHIND }: { readonly behind?: readonly number[] } = {}): Scenario {
  return {
    name: "storm",
    about: "--n clients (5,000) lose a killed server and come back with 20 cursors each, 100 events behind or none",
    peers: peersNamed("earshot", "ws-shared", "socket.io", "socket.io-csr").map((peer) =>
      peer.name === "earshot" ? { ...peer, guarantees: peerNamed("earshot-sqlite").guarantees } : peer,
    ),
    usually: ["earshot", "ws-shared", "socket.io", "socket.io-csr"],
    main: MAIN,
    cases: (options) => behind.map((events) => stormCase(options, events)),
  };
}
