import type { Case, Figures, Goal, Scenario } from "../scenario.ts";
import { askSend } from "../send/ask-send.ts";
import type { Metered } from "../send/meter.ts";
import type { SendWay } from "../send/send-request.ts";
import { KeptPlaces } from "../stores/kept-places.ts";
import { chosenStores, STORE_GUARANTEES, type StoreKind } from "../stores/store-kind.ts";
import { storeVersion } from "../stores/store-version.ts";

/** Of the engine's rate to the store's own, at least. */
const SHARE = 0.8;
/** What the engine may add to an idle send, in ms. */
const OVER_MS = 0.3;
const IDLE_PAUSE_MS = 10;
const CONVERSATIONS = [1, 1_000];

/** Sends at a time; 0: one, after a pause. */
type Load = 0 | 1 | 64 | 1_000;

/** How long each run takes, and at which loads. */
export interface SendPlan {
  readonly warmMs: number;
  readonly ms: number;
  readonly loads: readonly Load[];
}

const PLAN: SendPlan = { warmMs: 700, ms: 1_500, loads: [0, 1, 64, 1_000] };

/** Sends in process, beside the store itself; `plan`: how much of it, for tests. */
export function send(plan: SendPlan = PLAN): Scenario {
  return {
    name: "send",
    about: "a send until it is durable, beside the store's own group commit (--stores, --n conversations)",
    peers: [
      { name: "earshot", guarantees: "checked, keyed, numbered, persisted; answered when durable" },
      { name: "bare", guarantees: "the same entries by the store's own append, a batch when the last is answered" },
      {
        name: "transactions",
        guarantees: "plain SQL, a transaction a message on 10 connections: numbered, keyed, durable",
      },
    ],
    usually: ["earshot", "bare", "transactions"],
    main: "microsPerMessage",
    cases: ({ stores, n }) =>
      chosenStores(stores).flatMap((store) => casesOf(store, n === null ? CONVERSATIONS : [n], plan)),
  };
}

function casesOf(store: StoreKind, counts: readonly number[], plan: SendPlan): readonly Case[] {
  const places = new KeptPlaces();
  return counts.flatMap((conversations) =>
    plan.loads.map((load) => sendCase(places, { ...plan, store, conversations, load })),
  );
}

interface SendCase extends Omit<SendPlan, "loads"> {
  readonly store: StoreKind;
  readonly conversations: number;
  readonly load: Load;
}

function sendCase(places: KeptPlaces, wanted: SendCase): Case {
  const { store, conversations, load, warmMs, ms } = wanted;
  const inFlight = load || 1;
  const pauseMs = load === 0 ? IDLE_PAUSE_MS : 0;
  return {
    parameters: {
      ...{ store, version: storeVersion(store), survives: STORE_GUARANTEES[store] },
      ...{ conversations, inFlight, pauseMs, warmMs, ms, rates: "raised" },
    },
    peers: store === "postgres" ? ["earshot", "bare", "transactions"] : ["earshot", "bare"],
    goals: goalsOf(wanted),
    measure: async (peer) => {
      const place = await places.of(store);
      const address = { kind: store, at: place.at, namespace: places.namespace() };
      const request = { store: address, serverPid: place.pid, conversations, inFlight, pauseMs, warmMs, ms };
      return figuresOf(await askSend({ way: peer as SendWay, ...request }));
    },
    close: () => places.stop(),
  };
}

/** A store that only moves an array's end has no group commit to compare with. */
function goalsOf({ store, load }: SendCase): readonly Goal[] {
  if (store === "memory") return [];
  if (load === 0) return [{ peer: "earshot", figure: "p50Ms", bound: "at most", of: "bare", value: 1, plus: OVER_MS }];
  return [{ peer: "earshot", figure: "messagesPerSecond", bound: "at least", of: "bare", value: SHARE }];
}

function figuresOf({ messages, perSecond, ...rest }: Metered): Figures {
  return { messagesPerSecond: perSecond, microsPerMessage: 1_000_000 / perSecond, ...rest, messages };
}
