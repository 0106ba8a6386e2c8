import { LIMITS } from "@earshot/protocol";
import { FRAME_FAULTS, STANDSTILLS } from "./faults-fired.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { Report } from "./report.ts";

interface Typed {
  readonly no: number;
  readonly t: number;
}

/**
 * I20: whoever is seen typing has typed, a moment ago, once for each time they are seen, and at most every 3 s on each
 * of their devices; it is never in the log.
 */
export const typing: Invariant = (history, report) => {
  const typed = new Map<string, { readonly presses: Typed[]; readonly devices: Set<string> }>();
  const seen = new Map<string, Typed[]>();
  history.book.each(["typing", "typist"], (line, no) => {
    const { t } = line;
    if (line.ev === "typist") {
      const key = `${line.dev} ${line.conv} ${line.of}`;
      const times = seen.get(key);
      if (times === undefined) seen.set(key, [{ no, t }]);
      else times.push({ no, t });
      return;
    }
    const key = `${line.conv} ${line.user}`;
    const by = typed.get(key) ?? { presses: [], devices: new Set() };
    typed.set(key, by);
    by.presses.push({ no, t });
    by.devices.add(line.dev);
  });
  for (const [key, times] of seen) {
    const [dev = "", conv = "", of = ""] = key.split(" ");
    const by = typed.get(`${conv} ${of}`);
    matched(history, report, key, times, by?.presses ?? [], dev);
    paced(history, report, key, times, by?.devices.size ?? 1, dev);
  }
  for (const log of history.logs.values()) {
    for (const place of log.final?.places ?? []) {
      if (place?.type !== "typing") continue;
      report.violated("I20", `${log.conv} ${place.seq}: typing stands in the log`, place.store[0]);
    }
  }
};

/** Each was pressed for, not long before, and for no other. */
function matched(
  { faults, bounds }: IndexedHistory,
  report: Report,
  what: string,
  seen: readonly Typed[],
  presses: readonly Typed[],
  dev: string,
): void {
  let next = 0;
  for (const { no, t } of seen) {
    const within = LIMITS.typingShownMs + late({ faults, bounds }, t, dev);
    while (next < presses.length && (presses[next] as Typed).t < t - within) next++;
    const press = presses[next];
    if (press !== undefined && press.no < no) {
      next++;
      continue;
    }
    if (faults.touched(FRAME_FAULTS, t - within, t, dev)) continue;
    report.violated(
      "I20",
      `${what}: seen typing, and nobody typed in the last ${within} ms, or they were seen already`,
      no,
    );
  }
}

/** As often as devices may tell of it in that time. */
function paced(
  { faults, bounds }: IndexedHistory,
  report: Report,
  what: string,
  seen: readonly Typed[],
  devices: number,
  dev: string,
): void {
  let from = 0;
  for (const [at, { no, t }] of seen.entries()) {
    const span = 10_000;
    while ((seen[from] as Typed).t < t - span) from++;
    const most = devices * (Math.floor((span + late({ faults, bounds }, t, dev)) / LIMITS.typingApartMs) + 1);
    if (at - from + 1 <= most || faults.touched(FRAME_FAULTS, t - span, t, dev)) continue;
    report.violated("I20", `${what}: seen typing ${at - from + 1} times in ${span} ms`, (seen[from] as Typed).no, no);
    return;
  }
}

/** How long it may have been on its way. */
function late({ faults, bounds }: Pick<IndexedHistory, "faults" | "bounds">, t: number, dev: string): number {
  if (!faults.touched(null, t - bounds.troubledMs, t)) return bounds.networkMs;
  const still = faults.touched(STANDSTILLS, t - bounds.troubledMs, t, dev) ? bounds.stillMs : 0;
  return bounds.troubledMs + still;
}
