import { short } from "../report/svg.ts";
import type { DrawnChart } from "./charts.ts";
import { figureOf, type Result, type Selection, selected } from "./results.ts";

interface Table extends Selection {
  /** Columns of the case's parameters, with their headings. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Columns of figures, with their headings. */
  readonly figures: Readonly<Record<string, string>>;
}

const LATENCIES = { p50Ms: "p50 ms", p95Ms: "p95 ms", p99Ms: "p99 ms" };

/** By the name that docs/performance.md calls them. */
const TABLES: Readonly<Record<string, Table>> = {
  fanout: {
    scenario: "fanout",
    parameters: { n: "receivers", rate: "messages/s" },
    figures: { cpuSecondsPerMillion: "µs CPU a delivery", deliveriesPerSecond: "deliveries/s", ...LATENCIES },
  },
  rooms: {
    scenario: "rooms",
    parameters: { connections: "connections", members: "members" },
    figures: { cpuSecondsPerMillion: "µs CPU a message", messagesPerSecond: "messages/s", ...LATENCIES },
  },
  idle: {
    scenario: "idle",
    parameters: { connections: "connections" },
    figures: { rssBytesPerConnection: "RSS bytes each", heapBytesPerConnection: "heap bytes each" },
  },
  storm: {
    scenario: "storm",
    parameters: { clients: "clients", eventsBehind: "events behind" },
    figures: { cpuMsPerClient: "ms CPU a client", attemptsPerClient: "attempts a client", p99Ms: "p99 ms" },
  },
  send: {
    scenario: "send",
    parameters: { store: "store", conversations: "conversations", inFlight: "in flight", pauseMs: "pause ms" },
    figures: {
      ...{ messagesPerSecond: "messages/s", p50Ms: "p50 ms", p99Ms: "p99 ms" },
      ...{ cpuMicrosPerMessage: "µs CPU here", serverCpuMicrosPerMessage: "µs CPU of the store's server" },
    },
  },
  latency: {
    scenario: "latency",
    parameters: { gateways: "gateways", bus: "bus" },
    figures: {
      ...{
        saturationPerSecond: "saturated at messages/s",
        halfP50Ms: "half: p50 ms",
        halfP95Ms: "p95",
        halfP99Ms: "p99",
      },
      ...{ idleP50Ms: "idle: p50 ms", idleP95Ms: "p95", idleP99Ms: "p99", bareP50Ms: "bare commit p50 ms" },
    },
  },
  jitter: {
    scenario: "jitter",
    parameters: { clients: "clients" },
    figures: {
      ...{ deliveredShare: "delivered share", shownTwice: "shown twice", replays: "replays" },
      ...{ replayP50Ms: "replay p50 ms", replayP99Ms: "p99 ms", replayMaxMs: "longest ms" },
      ...{ liveP50Ms: "live p50 ms", liveP99Ms: "p99 ms", serverCpuSeconds: "server CPU s" },
    },
  },
  slow: {
    scenario: "slow",
    parameters: { members: "members", stopped: "stopped" },
    figures: {
      ...{ withoutP50Ms: "without: p50 ms", withoutP99Ms: "p99 ms", withP50Ms: "with: p50 ms", withP99Ms: "p99 ms" },
      ...{ p99Times: "p99 with / without", rssGrowthBytes: "growth of RSS, bytes" },
    },
  },
  history: {
    scenario: "history",
    parameters: { store: "store", events: "messages" },
    figures: {
      ...{
        newestP50Ms: "newest page p50 ms",
        middleP50Ms: "middle",
        oldestP50Ms: "oldest",
        oldestCpuMs: "oldest: ms CPU",
      },
      ...{ inboxP50Ms: "inbox page p50 ms", inboxP95Ms: "p95 ms", changedP50Ms: "what changed since p50 ms" },
    },
  },
};

const BLOCK = /(<!-- measured:([a-z]+) -->\n)[\s\S]*?(<!-- \/measured -->)/g;

/**
 * A page's text with everything between `<!-- measured:name -->` and `<!-- /measured -->` made anew: a scenario's charts and
 * its table, or all `goals`. Throws for a name that there is not.
 */
export function withMeasured(page: string, results: readonly Result[], charts: readonly DrawnChart[]): string {
  return page.replace(BLOCK, (_block, opening: string, name: string, closing: string) => {
    const own = charts.filter(({ scenario }) => scenario === name);
    const images = own.map(({ title, file }) => `![${title}](performance/${file})\n\n`);
    const table = name === "goals" ? goalsTable(results) : figuresTable(name, results);
    return `${opening}\n${images.join("")}${table}\n\n${closing}`;
  });
}

function figuresTable(name: string, results: readonly Result[]): string {
  const table = TABLES[name];
  if (table === undefined) throw new Error(`no measured table is called ${name}`);
  const cases = selected(results, table);
  if (cases.length === 0) return "Not measured yet.";
  const figures = Object.keys(table.figures).filter((figure) =>
    cases.some((result) => Object.keys(result.peers).some((peer) => figureOf(result, peer, figure) !== null)),
  );
  const several = new Set(cases.flatMap((result) => Object.keys(result.peers))).size > 1;
  const rows = cases.flatMap((result) =>
    Object.keys(result.peers).map((peer) => [
      ...(several ? [peer] : []),
      ...Object.keys(table.parameters).map((parameter) => told(result.parameters[parameter] ?? null)),
      ...figures.map((figure) => told(figureOf(result, peer, figure))),
    ]),
  );
  const heads = [...Object.values(table.parameters), ...figures.map((figure) => table.figures[figure] ?? figure)];
  return markdown(several ? ["", ...heads] : heads, rows);
}

function goalsTable(results: readonly Result[]): string {
  const rows = results.flatMap(({ scenario, parameters, goals }) =>
    goals.map(({ goal, measured, met }) => [
      scenario,
      Object.keys(TABLES[scenario]?.parameters ?? {})
        .filter((name) => parameters[name] !== undefined && parameters[name] !== null)
        .map((name) => `${TABLES[scenario]?.parameters[name]} ${told(parameters[name] ?? null)}`)
        .join(", "),
      goal,
      told(measured),
      met ? "met" : "**missed**",
    ]),
  );
  return markdown(["scenario", "case", "goal", "measured", ""], rows);
}

function told(value: number | string | boolean | null): string {
  if (value === null) return "–";
  return typeof value === "number" ? short(value) : String(value);
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}
