import { type Bar, barChart, lineChart, type Series } from "../report/svg.ts";
import { figureOf, type Result, type Selection, selected } from "./results.ts";

interface Chart extends Selection {
  /** Of the file, without `.svg`. */
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly figure: string;
  /** A line over this parameter; absent: bars. */
  readonly over?: string;
  readonly xLabel?: string;
  /** What tells the bars or lines of several cases apart, before the peer's name. */
  readonly by?: string;
  /** Only these peers. */
  readonly peers?: readonly string[];
}

const FANOUT = { scenario: "fanout", unit: "µs of CPU a delivery", figure: "cpuSecondsPerMillion" } as const;
const SEND = { scenario: "send", unit: "messages a second", figure: "messagesPerSecond", by: "store" } as const;
const PAGE = {
  scenario: "history",
  unit: "ms",
  over: "events",
  xLabel: "messages in the conversation",
  by: "store",
} as const;

const CHARTS: readonly Chart[] = [
  { ...FANOUT, name: "fanout-saturated", title: "Fan-out to 1,000, saturated", where: { n: 1_000, rate: null } },
  { ...FANOUT, name: "fanout-rate", title: "Fan-out to 1,000, 10 messages a second", where: { n: 1_000, rate: 10 } },
  {
    ...FANOUT,
    ...{ name: "fanout-members", title: "Fan-out by size, saturated", over: "n", xLabel: "receivers" },
    where: { rate: null },
  },
  {
    ...{ name: "rooms", scenario: "rooms", title: "Conversations of 2", unit: "µs of CPU a message" },
    ...{ figure: "cpuSecondsPerMillion", where: { members: 2, connections: 2_000 } },
  },
  {
    ...{ name: "idle", scenario: "idle", title: "10,000 idle connections", unit: "bytes of memory (RSS) each" },
    ...{ figure: "rssBytesPerConnection", where: { connections: 10_000 } },
  },
  {
    ...{ name: "idle-connections", scenario: "idle", title: "Idle connections", unit: "bytes of memory (RSS) each" },
    ...{ figure: "rssBytesPerConnection", over: "connections", xLabel: "connections" },
  },
  {
    ...{ name: "storm", scenario: "storm", title: "5,000 clients come back at once", unit: "ms of CPU a client" },
    ...{ figure: "cpuMsPerClient", where: { clients: 5_000, eventsBehind: 0 } },
  },
  {
    ...SEND,
    name: "send-one",
    title: "64 sends in flight, one conversation",
    where: { conversations: 1, inFlight: 64 },
  },
  {
    ...SEND,
    ...{ name: "send-many", title: "64 sends in flight, 1,000 conversations" },
    where: { conversations: 1_000, inFlight: 64 },
  },
  {
    ...{ name: "send-conversations", scenario: "send", title: "64 sends in flight", unit: "µs a message" },
    ...{ figure: "microsPerMessage", by: "store", over: "conversations", xLabel: "conversations" },
    ...{ where: { inFlight: 64 }, peers: ["earshot"] },
  },
  {
    ...{ name: "latency-half", scenario: "latency", title: "Call to listener at half of saturation, p95" },
    ...{ unit: "ms", figure: "halfP95Ms", by: "bus" },
  },
  {
    ...{ name: "latency-idle", scenario: "latency", title: "Call to listener when idle, median" },
    ...{ unit: "ms", figure: "idleP50Ms", by: "bus" },
  },
  { ...PAGE, name: "history-oldest", title: "A page of 100 at the beginning of the log", figure: "oldestP50Ms" },
  { ...PAGE, name: "history-newest", title: "A page of 100 at its end", figure: "newestP50Ms" },
];

export interface DrawnChart {
  readonly scenario: string;
  readonly title: string;
  /** Its name, with `.svg`. */
  readonly file: string;
  readonly svg: string;
}

/** Every chart of which something was measured. */
export function drawCharts(results: readonly Result[]): readonly DrawnChart[] {
  return CHARTS.flatMap((chart) => {
    const { name, scenario, title, unit } = chart;
    const svg = chart.over === undefined ? bars(chart, results) : lines(chart, chart.over, results);
    return svg === null ? [] : [{ scenario, title: `${title}, ${unit}`, file: `${name}.svg`, svg }];
  });
}

function bars(chart: Chart, results: readonly Result[]): string | null {
  const all = selected(results, chart).flatMap((result) =>
    peersOf(chart, result).flatMap((peer): Bar[] => {
      const value = figureOf(result, peer, chart.figure);
      return value === null ? [] : [{ label: labelOf(chart, result, peer), value, own: isOwn(peer) }];
    }),
  );
  return all.length < 2 ? null : barChart({ title: chart.title, unit: chart.unit, bars: all });
}

function lines(chart: Chart, over: string, results: readonly Result[]): string | null {
  const byLabel = new Map<string, { readonly own: boolean; readonly points: (readonly [number, number])[] }>();
  for (const result of selected(results, chart)) {
    const x = Number(result.parameters[over]);
    for (const peer of peersOf(chart, result)) {
      const y = figureOf(result, peer, chart.figure);
      if (y === null) continue;
      const label = labelOf(chart, result, peer);
      const line = byLabel.get(label) ?? { own: isOwn(peer) && chart.by === undefined, points: [] };
      line.points.push([x, y]);
      byLabel.set(label, line);
    }
  }
  const series = [...byLabel]
    .map(([name, { own, points }]): Series => ({ name, own, points: points.sort(([one], [other]) => one - other) }))
    .filter(({ points }) => points.length > 1);
  if (series.length === 0) return null;
  return lineChart({ title: chart.title, xLabel: chart.xLabel ?? over, unit: chart.unit, series });
}

function peersOf({ peers }: Chart, result: Result): readonly string[] {
  return Object.keys(result.peers).filter((peer) => peers === undefined || peers.includes(peer));
}

/** Where there is one peer alone, the parameter says enough. */
function labelOf(chart: Chart, result: Result, peer: string): string {
  if (chart.by === undefined) return peer;
  const value = String(result.parameters[chart.by]);
  return peersOf(chart, result).length === 1 ? value : `${value}: ${peer}`;
}

const isOwn = (peer: string): boolean => peer.startsWith("earshot");
