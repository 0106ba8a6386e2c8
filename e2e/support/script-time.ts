import type { Page } from "playwright-core";

/** What a trace calls work that scripts have caused; layouts that they force lie within. */
const SCRIPTING = new Set([
  "EventDispatch",
  "EvaluateScript",
  "FireAnimationFrame",
  "FireIdleCallback",
  "FunctionCall",
  "MajorGC",
  "MinorGC",
  "RunMicrotasks",
  "TimerFire",
]);

interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  /** Microseconds. */
  readonly ts: number;
  readonly dur?: number;
  /** The same in time of the thread itself, where Chromium says it: what other processes took is not in it. */
  readonly tdur?: number;
  readonly pid: number;
  readonly tid: number;
}

/** Ms of scripting in each frame of the page while `work` runs, from a trace of Chromium. */
export async function scriptTimes(page: Page, work: () => Promise<void>): Promise<readonly number[]> {
  const session = await page.context().newCDPSession(page);
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const event of value) events.push(event as unknown as TraceEvent);
  });
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: {
      includedCategories: [
        "devtools.timeline",
        "disabled-by-default-devtools.timeline",
        "disabled-by-default-devtools.timeline.frame",
      ],
    },
  });
  await work();
  const ended = new Promise((resolve) => session.once("Tracing.tracingComplete", resolve));
  await session.send("Tracing.end");
  await ended;
  return byFrame(events);
}

/** The thread that begins frames is the page's own. */
function byFrame(events: readonly TraceEvent[]): readonly number[] {
  const begins = events.filter(({ name }) => name === "BeginMainThreadFrame").sort((a, b) => a.ts - b.ts);
  const { pid, tid } = begins[0] ?? { pid: -1, tid: -1 };
  const starts = begins.filter((event) => event.pid === pid && event.tid === tid).map(({ ts }) => ts);
  const work = events
    .filter((event) => event.pid === pid && event.tid === tid && event.ph === "X" && SCRIPTING.has(event.name))
    .sort((a, b) => a.ts - b.ts);
  const times = starts.map(() => 0);
  let frame = 0;
  let counted = 0;
  for (const { ts, dur = 0, tdur = dur } of work) {
    // what lies within other work is counted with it
    if (ts < counted) continue;
    counted = ts + dur;
    while (frame + 1 < starts.length && (starts[frame + 1] ?? 0) <= ts) frame++;
    if ((starts[frame] ?? Number.POSITIVE_INFINITY) <= ts) times[frame] = (times[frame] ?? 0) + tdur / 1_000;
  }
  return times;
}

/** `part` of the values are not above it. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
}
