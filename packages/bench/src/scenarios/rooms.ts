import { atMostTimes } from "../goals.ts";
import { peersNamed } from "../peers/peers.ts";
import type { BenchOptions, Case, Scenario } from "../scenario.ts";
import { driven } from "./driven.ts";
import type { Windows } from "./fanout.ts";

const CONNECTIONS = 2_000;
/** Members of each conversation. */
const USUAL_SIZE = 2;
const SIZES = [10, USUAL_SIZE];
const USUAL_WINDOWS: Windows = { warmUpMs: 2_000, windowMs: 4_000 };
const MAIN = "cpuSecondsPerMillion";

const OF_TWO = [
  atMostTimes("earshot", MAIN, 0.85, "socket.io"),
  atMostTimes("earshot-sqlite", MAIN, 1, "socket.io"),
  atMostTimes("earshot-sqlite", MAIN, 0.45, "socket.io-streams"),
];

function roomsCase(size: number, { n, rate, profile }: BenchOptions, windows: Windows): Case {
  const conversations = Math.max(1, Math.round((n ?? CONNECTIONS) / size));
  const connections = conversations * size;
  const population = { users: connections, conversations, members: size };
  return {
    parameters: { connections, members: size, rate, bodyChars: 100 },
    goals: size === USUAL_SIZE ? OF_TWO : [],
    measure: (peer) =>
      driven(
        peer,
        population,
        async ({ generator, target, redisCpuSeconds }) => {
          const before = redisCpuSeconds();
          const figures = await generator.run({ job: "rooms", target, population, rate, ...windows });
          const after = redisCpuSeconds();
          if (before === null || after === null) return figures;
          const messages = (figures["messagesPerSecond"] ?? 0) * ((windows.warmUpMs + windows.windowMs) / 1_000);
          return { ...figures, redisCpuSecondsPerMillion: ((after - before) / messages) * 1e6 };
        },
        { profile },
      ),
  };
}

/** Many small conversations, all of them busy; CPU time of the server per message. */
export function rooms(windows: Partial<Windows> = {}): Scenario {
  return {
    name: "rooms",
    about: "--n connections (2,000) in conversations of 2 (with --full of 10 too), all sending in turn",
    peers: peersNamed(
      "earshot",
      "earshot-sqlite",
      "ws-shared",
      "socket.io",
      "socket.io-csr",
      "socket.io-ack",
      "socket.io-streams",
      "aedes",
    ),
    usually: ["earshot", "earshot-sqlite", "ws-shared", "socket.io", "socket.io-ack", "socket.io-streams", "aedes"],
    main: MAIN,
    cases: (options) =>
      (options.full ? SIZES : [USUAL_SIZE]).map((size) => roomsCase(size, options, { ...USUAL_WINDOWS, ...windows })),
  };
}
