import type { FireOptions } from "./fire-options.ts";
import type { FireFigures, PairRun } from "./run-pair.ts";

/** From a killed store's first answer to the first acknowledgement, in ms. */
const SENT_AFTER_MS = 2_000;
/** From the kill of a gateway to the return of 99 of 100 of its connections, with everything said meanwhile, in ms. */
const HERD_P99_MS = 3_000;

/** One pair's outcome, as `--json` has it. */
export interface PairReport {
  readonly store: string;
  readonly bus: string;
  readonly presence: string;
  readonly seed: number;
  readonly seconds: number;
  readonly passed: boolean;
  /** What was not as it has to be, a sentence each. */
  readonly wrong: readonly string[];
  readonly acknowledged: number;
  readonly lost: number;
  readonly doubled: number;
  readonly reordered: number;
  readonly phantom: number;
  readonly applied: number;
  readonly faults: number;
  readonly figures: FireFigures;
}

export function pairReport(run: PairRun, { sends, herd }: Pick<FireOptions, "sends" | "herd">): PairReport {
  const { store, bus, presence, seed, seconds, verdict, figures } = run;
  const { acked, lost, doubled, reordered, phantom, applied, faults } = verdict.counts;
  const wrong = [
    ...verdict.violations.map(({ id, why, lines }) => `${id}: ${why} (lines ${lines.join(", ")})`),
    ...verdict.unknowns,
    ...(acked < sends ? [`${acked} sends were acknowledged, and ${sends} were to be`] : []),
    ...wrongFigures(figures, herd),
  ];
  return {
    ...{ store, bus, presence, seed, seconds, passed: wrong.length === 0, wrong },
    ...{ acknowledged: acked, lost, doubled, reordered, phantom, applied, faults, figures },
  };
}

/** The same for people. */
export function reportText(report: PairReport): string {
  const { store, bus, passed, seconds, acknowledged, lost, doubled, reordered, phantom, applied, faults } = report;
  const { backAfterMs, sentAfterMs, sentWithoutBus, herd } = report.figures;
  const lines = [
    `${store} + ${bus}: ${passed ? "passed" : "FAILED"}, ${seconds} s`,
    `  ${acknowledged} acknowledged: ${lost} lost, ${doubled} doubled, ${reordered} reordered, ${phantom} phantom; ${applied} applied; ${faults} faults`,
    `  gateway killed: all connected after ${rounded(backAfterMs)}; store killed: first sent ${rounded(sentAfterMs)} after it answered; bus away: ${sentWithoutBus} sent`,
    ...(herd === null
      ? []
      : [`  ${herd.connections} connections: back and caught up p50 ${herd.p50}, p99 ${herd.p99} ms`]),
    ...report.wrong.map((each) => `  wrong: ${each}`),
  ];
  return `${lines.join("\n")}\n`;
}

function wrongFigures(
  { sentAfterMs, sentWithoutBus, backAfterMs, herd }: FireFigures,
  wanted: number,
): readonly string[] {
  const wrong: string[] = [];
  if (backAfterMs === null) wrong.push("after the kill of a gateway not every device came back");
  if (sentAfterMs === null || sentAfterMs > SENT_AFTER_MS) {
    wrong.push(`the first send after the store answered again took ${rounded(sentAfterMs)}, not ${SENT_AFTER_MS} ms`);
  }
  if (sentWithoutBus === 0) wrong.push("nothing was acknowledged while the bus was away");
  if (wanted > 0 && (herd === null || herd.back < herd.connections)) {
    wrong.push(`of ${wanted} connections ${herd?.back ?? 0} came back`);
  } else if (herd !== null && herd.p99 > HERD_P99_MS) {
    wrong.push(`connections of a killed gateway were back after ${herd.p99} ms (p99), not ${HERD_P99_MS}`);
  }
  return wrong;
}

function rounded(ms: number | null): string {
  return ms === null ? "for ever" : `${Math.round(ms)} ms`;
}
