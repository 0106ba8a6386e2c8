import { join } from "node:path";
import type { JitterAnswer, JitterRequest } from "../jitter/jitter-request.ts";
import { Child } from "../machine/child.ts";
import { GENERATOR_CORE } from "../machine/pinned.ts";
import { peersNamed } from "../peers/peers.ts";
import { processCpuSeconds } from "../process-cpu.ts";
import { type Case, type Figures, type Goal, type Scenario, VoidRun } from "../scenario.ts";
import { driven } from "./driven.ts";

const PROGRAM = join(import.meta.dirname, "../jitter/jitter-program.ts");
const CLIENTS = 2_000;
const CLIENTS_FULL = 10_000;
/** From the network's return to the last missed message shown, in ms. */
const REPLAY_P99_MS = 1_500;

export type JitterPace = Pick<JitterRequest, "messages" | "apartMs" | "cutEveryMs" | "cutMs">;

const PACE: JitterPace = { messages: 120, apartMs: 1_000, cutEveryMs: 15_000, cutMs: 2_000 };

/** Real clients whose networks come and go; `pace`: how fast, for tests. */
export function jitter(pace: JitterPace = PACE): Scenario {
  return {
    name: "jitter",
    about: "clients that are cut for 2 s every 15 s while 120 messages come (--n clients, --full 10,000)",
    peers: peersNamed("earshot", "earshot-sqlite"),
    usually: ["earshot-sqlite"],
    main: "replayP99Ms",
    cases: ({ n, full }) => [jitterCase(n ?? (full ? CLIENTS_FULL : CLIENTS), pace)],
  };
}

function jitterCase(clients: number, pace: JitterPace): Case {
  const population = { users: clients + 1, conversations: 1, members: clients + 1 };
  const goal = (figure: string, value: number): Goal => ({ peer: "earshot-sqlite", figure, bound: "at most", value });
  return {
    parameters: { clients, ...pace, application: "the real client, one window each" },
    goals: [
      { ...goal("deliveredShare", 1), bound: "at least" },
      goal("shownTwice", 0),
      goal("replayP99Ms", REPLAY_P99_MS),
    ],
    measure: (peer) =>
      driven(peer, population, async ({ server }) => {
        const child = new Child(PROGRAM, { core: GENERATOR_CORE });
        try {
          const answer = await child.ask<JitterAnswer>({ port: server.port, population, ...pace });
          return figuresOf(answer, processCpuSeconds(server.pid));
        } finally {
          await child.kill();
        }
      }),
  };
}

function figuresOf({ expected, delivered, replays, ...rest }: JitterAnswer, cpuSeconds: number): Figures {
  if (replays === 0) throw new VoidRun("nobody missed a message");
  return { deliveredShare: delivered / expected, delivered, replays, ...rest, serverCpuSeconds: cpuSeconds };
}
