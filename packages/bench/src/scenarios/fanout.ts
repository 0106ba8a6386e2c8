import { atMostTimes } from "../goals.ts";
import { peersNamed } from "../peers/peers.ts";
import type { BenchOptions, Case, Goal, Scenario } from "../scenario.ts";
import { driven } from "./driven.ts";

const SIZES = [100, 1_000, 5_000];
const USUAL_SIZE = 1_000;
const WARM_UP_MS = 1_000;
const WINDOW_MS = 3_000;
/** At a low rate there is less to count: a longer look is as exact. */
const RATE_WINDOW_MS = 6_000;
const MAIN = "cpuSecondsPerMillion";

const ratio = (value: number, of: string): Goal => atMostTimes("earshot", MAIN, value, of);
const SATURATED = [ratio(1.3, "ws-batch"), ratio(1 / 6, "socket.io-ack"), ratio(1 / 4.5, "socket.io")];
const AT_RATE = [ratio(1.3, "ws-shared"), ratio(0.75, "socket.io")];

const USUALLY = [
  ...["earshot", "ws-shared", "ws-batch"],
  ...["socket.io", "socket.io-csr", "socket.io-ack", "socket.io-streams", "aedes"],
];

/** How long is looked at; tests look for less. */
export interface Windows {
  readonly warmUpMs: number;
  readonly windowMs: number;
}

function fanoutCase(n: number, { rate, profile }: BenchOptions, windows: Windows): Case {
  const population = { users: n + 1, conversations: 1, members: n + 1 };
  return {
    parameters: { n, rate, outstanding: rate === null ? 8 : null, bodyChars: 100 },
    goals: n === USUAL_SIZE ? (rate === null ? SATURATED : AT_RATE) : [],
    measure: (peer) =>
      driven(
        peer,
        population,
        ({ generator, target }) => generator.run({ job: "fanout", target, population, rate, ...windows }),
        { profile },
      ),
  };
}

/** One conversation, one sender; CPU time of the server per delivery, and how long deliveries take. */
export function fanout(windows: Partial<Windows> = {}): Scenario {
  return {
    name: "fanout",
    about:
      "one conversation of --n receivers (100, 1,000, 5,000), one sender: saturated, or at --rate messages a second",
    peers: peersNamed("earshot-sqlite", ...USUALLY),
    usually: USUALLY,
    main: MAIN,
    cases: (options) => {
      const { n, rate, full } = options;
      const usual = { warmUpMs: WARM_UP_MS, windowMs: rate === null ? WINDOW_MS : RATE_WINDOW_MS };
      const sizes = n !== null ? [n] : full ? SIZES : [USUAL_SIZE];
      return sizes.map((size) => fanoutCase(size, options, { ...usual, ...windows }));
    },
  };
}
