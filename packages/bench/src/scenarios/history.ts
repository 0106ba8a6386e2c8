import { join } from "node:path";
import type { HistoryAnswer, HistoryRequest } from "../history/history-request.ts";
import { Child } from "../machine/child.ts";
import type { Case, Figures, Goal, Scenario } from "../scenario.ts";
import { KeptPlaces } from "../stores/kept-places.ts";
import { chosenStores, STORE_GUARANTEES, STORE_KINDS, type StoreKind } from "../stores/store-kind.ts";
import { storeVersion } from "../stores/store-version.ts";

const PROGRAM = join(import.meta.dirname, "../history/history-program.ts");
const DURABLE = STORE_KINDS.filter((kind) => kind !== "memory");
const PEER = "earshot";
const EVENTS = 100_000;
const EVENTS_FULL = 1_000_000;
const CONVERSATIONS = 5_000;
const PAGE_ROWS = 100;
/** A page of the inbox may take so long, in ms. */
const INBOX_PAGE_MS = 5;
/** A page at the beginning of the log, of one at its end: as flat as two measurements of the same are. */
const FLAT = 1.5;

/** How much there is. */
interface HistorySizes {
  readonly events: number;
  readonly conversations: number;
}

/** Paging through what there is; `conversations`: in the inbox. */
export function history(conversations: number = CONVERSATIONS): Scenario {
  return {
    name: "history",
    about: "paging back through a long conversation, and an inbox of 5,000 (--stores, --n events, --full 1,000,000)",
    peers: [{ name: PEER, guarantees: "messages as they stand, rights checked, each page and its head one snapshot" }],
    usually: [PEER],
    main: "oldestCpuMs",
    cases: ({ stores, n, full }) =>
      chosenStores(stores, DURABLE).map((store) =>
        historyCase(store, { events: n ?? (full ? EVENTS_FULL : EVENTS), conversations }),
      ),
  };
}

function historyCase(store: StoreKind, { events, conversations }: HistorySizes): Case {
  const places = new KeptPlaces();
  const sizes = { events, pageRows: PAGE_ROWS, conversations, inboxRows: PAGE_ROWS };
  return {
    parameters: { store, version: storeVersion(store), survives: STORE_GUARANTEES[store], ...sizes, rates: "raised" },
    goals: goalsOf(store),
    measure: async () => {
      const place = await places.of(store);
      const address = { kind: store, at: place.at, namespace: places.namespace() };
      return figuresOf(await askProgram({ store: address, serverPid: place.pid, ...sizes }));
    },
    close: () => places.stop(),
  };
}

function goalsOf(store: StoreKind): readonly Goal[] {
  const flat: Goal = { peer: PEER, figure: "oldestOverNewest", bound: "at most", value: FLAT };
  if (store === "redis") return [flat];
  return [flat, { peer: PEER, figure: "inboxP50Ms", bound: "at most", value: INBOX_PAGE_MS }];
}

async function askProgram(request: HistoryRequest): Promise<HistoryAnswer> {
  const child = new Child(PROGRAM, { core: null });
  try {
    return await child.ask<HistoryAnswer>(request);
  } finally {
    await child.kill();
  }
}

function figuresOf({ newest, middle, oldest, inbox, changed }: HistoryAnswer): Figures {
  return {
    newestP50Ms: newest.p50Ms,
    middleP50Ms: middle.p50Ms,
    oldestP50Ms: oldest.p50Ms,
    oldestP95Ms: oldest.p95Ms,
    oldestOverNewest: oldest.p50Ms / newest.p50Ms,
    newestCpuMs: newest.cpuMs,
    middleCpuMs: middle.cpuMs,
    oldestCpuMs: oldest.cpuMs,
    inboxP50Ms: inbox.p50Ms,
    inboxP95Ms: inbox.p95Ms,
    inboxMaxMs: inbox.maxMs,
    inboxCpuMs: inbox.cpuMs,
    changedP50Ms: changed.p50Ms,
    changedP95Ms: changed.p95Ms,
  };
}
