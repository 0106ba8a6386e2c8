import { join } from "node:path";
import { DEFAULT_LIMITS } from "@earshot/core";
import { Child } from "../machine/child.ts";
import { GENERATOR_CORE } from "../machine/pinned.ts";
import { peersNamed } from "../peers/peers.ts";
import type { RunningPeer } from "../peers/running-peer.ts";
import type { Case, Figures, Scenario } from "../scenario.ts";
import { rssPeak } from "../slow/rss-peak.ts";
import type { SlowLatencies, SlowQuestion } from "../slow/slow-question.ts";
import { driven } from "./driven.ts";

const PROGRAM = join(import.meta.dirname, "../slow/slow-program.ts");
const PEER = "earshot";
const MEMBERS = 5_000;
const PER_SECOND = 10;
/** Of the others' p99 without them. */
const P99_TIMES = 1.25;

export interface SlowTimes {
  readonly bodyChars: number;
  readonly warmMs: number;
  /** Before anybody stops. */
  readonly withoutMs: number;
  /** With those who have stopped: not as long as it takes until they are given up (`ackWithinMs`), so that they are all still kept. */
  readonly withMs: number;
}

const TIMES: SlowTimes = { bodyChars: 1_000, warmMs: 3_000, withoutMs: 15_000, withMs: 35_000 };

/** A hundredth of a large conversation stops reading; `times`: how long is looked at, for tests. */
export function slow(times: SlowTimes = TIMES): Scenario {
  return {
    name: "slow",
    about: "a hundredth of a conversation of 5,000 stops reading: what the others and the server notice (--n, --rate)",
    peers: peersNamed(PEER),
    usually: [PEER],
    main: "p99Times",
    cases: ({ n, rate }) => [slowCase(n ?? MEMBERS, rate ?? PER_SECOND, times)],
  };
}

function slowCase(members: number, perSecond: number, times: SlowTimes): Case {
  const stopped = Math.ceil(members / 100);
  const population = { users: members + 1, conversations: 1, members: members + 1 };
  const { outboxBytesMax, windowFramesMax } = DEFAULT_LIMITS;
  return {
    parameters: { members, stopped, perSecond, ...times, outboxBytesMax, windowFramesMax },
    goals: [
      { peer: PEER, figure: "p99Times", bound: "at most", value: P99_TIMES },
      { peer: PEER, figure: "rssGrowthBytes", bound: "at most", value: stopped * outboxBytesMax },
    ],
    measure: (peer) =>
      driven(peer, population, ({ server }) =>
        measure(server, members, (ms) => ({ perSecond, bodyChars: times.bodyChars, ms }), times),
      ),
  };
}

async function measure(
  server: RunningPeer,
  readers: number,
  load: (ms: number) => Extract<SlowQuestion, { readonly send: object }>["send"],
  { warmMs, withoutMs, withMs }: SlowTimes,
): Promise<Figures> {
  const child = new Child(PROGRAM, { core: GENERATOR_CORE });
  const ask = <Answer>(question: SlowQuestion): Promise<Answer> => child.ask<Answer>(question);
  try {
    await ask({ connect: { port: server.port, readers } });
    await ask({ send: load(warmMs) });
    const without = await ask<SlowLatencies>({ send: load(withoutMs) });
    const before = await server.memory();
    await ask({ stop: { readers: Math.ceil(readers / 100) } });
    const { result: withThem, bytes } = await rssPeak(server.pid, () => ask<SlowLatencies>({ send: load(withMs) }));
    const after = await server.memory();
    return {
      ...{ withoutP50Ms: without.p50Ms, withoutP99Ms: without.p99Ms },
      ...{ withP50Ms: withThem.p50Ms, withP99Ms: withThem.p99Ms },
      p99Times: withThem.p99Ms / without.p99Ms,
      ...{ withoutRssBytes: before.rss, withRssBytes: after.rss, withRssPeakBytes: bytes },
      rssGrowthBytes: after.rss - before.rss,
    };
  } finally {
    await child.kill();
  }
}
