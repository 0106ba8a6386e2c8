import { randomBytes } from "node:crypto";
import { BUSES, type Choices } from "../../../../examples/cluster/src/choices.ts";
import { Cluster } from "../../../../examples/cluster/src/cluster.ts";
import { type LatencyFigures, type LatencyLoad, runLatency } from "../latency/run-latency.ts";
import type { Case, Figures, Goal, Scenario } from "../scenario.ts";
import { askSend } from "../send/ask-send.ts";
import { programVersion, storeVersion } from "../stores/store-version.ts";

const PEER = "earshot";
const P95_MS = 100;
/** What an idle cluster may add to its store's bare commit, in ms. */
const OVER_MS = 10;
const LOAD: LatencyLoad = {
  ...{ pairs: 100, inFlight: 1, warmMs: 2_000, saturatedMs: 3_000, halfMs: 5_000, idleMs: 5_000, idlePerSecond: 20 },
};
/** Bare commits one after the other, with as long a pause as idle sends have. */
const BARE = { conversations: 1, inFlight: 1, warmMs: 500, ms: 3_000 };

/** `none`: one gateway, which needs no bus. */
type BusKind = Choices["bus"] | "none";
const BUS_KINDS: readonly BusKind[] = ["none", ...(Object.keys(BUSES) as Choices["bus"][])];

/** Real clients at both ends; `load`: how much and how long, for tests. */
export function latency(load: LatencyLoad = LOAD): Scenario {
  return {
    name: "latency",
    about: "a sender's call to another user's application, one gateway, and two on each bus (--buses, --n pairs)",
    peers: [
      {
        name: PEER,
        guarantees: "checked, keyed, numbered, persisted on Postgres, acknowledged; real clients at both ends",
      },
    ],
    usually: [PEER],
    main: "halfP95Ms",
    cases: ({ buses, n }) => {
      const wanted = { ...load, pairs: n ?? load.pairs };
      return chosenBuses(buses).map((bus) => latencyCase(bus, wanted));
    },
  };
}

function chosenBuses(words: readonly string[] | null): readonly BusKind[] {
  return (words ?? BUS_KINDS).map((word) => {
    const bus = BUS_KINDS.find((each) => each === word);
    if (bus === undefined) throw new Error(`--buses ${word} cannot be had; choose ${BUS_KINDS.join(", ")}`);
    return bus;
  });
}

function latencyCase(bus: BusKind, load: LatencyLoad): Case {
  const nodes = bus === "none" ? 1 : 2;
  const chosen = bus === "none" ? "postgres" : bus;
  return {
    parameters: { gateways: nodes, store: storeVersion("postgres"), bus, busVersion: busVersion(chosen), ...load },
    goals: GOALS,
    measure: async () => {
      const choices = { store: "postgres", bus: chosen, presence: BUSES[chosen] } as const;
      const cluster = new Cluster({ ...choices, nodes, port: 4_301, drainMs: 0, json: false }, { say: () => {} });
      await cluster.start();
      try {
        const urls = cluster.gateways.map(({ url }) => `${url}/chat`);
        const figures = await runLatency(urls[0] ?? "", urls.at(-1) ?? "", load);
        return figuresOf(figures, await bareCommitMs(cluster.system("postgres").url, load.idlePerSecond));
      } finally {
        await cluster.stop();
      }
    },
  };
}

const GOALS: readonly Goal[] = [
  { peer: PEER, figure: "halfP95Ms", bound: "at most", value: P95_MS },
  { peer: PEER, figure: "idleOverBareMs", bound: "at most", value: OVER_MS },
];

/** A commit of the store alone, beside the idle cluster. */
async function bareCommitMs(url: string, perSecond: number): Promise<number> {
  const namespace = `bare${randomBytes(4).toString("hex")}`;
  const store = { kind: "postgres", at: url, namespace } as const;
  const { p50Ms } = await askSend({ way: "bare", store, serverPid: null, pauseMs: 1_000 / perSecond, ...BARE });
  return p50Ms;
}

function busVersion(bus: Choices["bus"]): string {
  switch (BUSES[bus]) {
    case "postgres":
      return storeVersion("postgres");
    case "redis":
      return storeVersion("redis");
    case "nats":
      return `NATS ${programVersion("nats-server", "nats-server")}`;
  }
}

function figuresOf({ saturationPerSecond, saturated, half, idle }: LatencyFigures, bareP50Ms: number): Figures {
  return {
    saturationPerSecond,
    ...{ saturatedP50Ms: saturated.p50Ms, saturatedP95Ms: saturated.p95Ms },
    ...{ halfP50Ms: half.p50Ms, halfP95Ms: half.p95Ms, halfP99Ms: half.p99Ms },
    ...{ idleP50Ms: idle.p50Ms, idleP95Ms: idle.p95Ms, idleP99Ms: idle.p99Ms },
    ...{ bareP50Ms, idleOverBareMs: idle.p50Ms - bareP50Ms },
  };
}
