import { LIMITS } from "@earshot/protocol";
import { FRAME_FAULTS, REPLAYS, STANDSTILLS } from "./faults-fired.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { Report } from "./report.ts";

interface Typed {
  readonly no: number;
  readonly t: number;
}

/** What may have somebody seen typing in one conversation. */
interface Presses {
  /** Each press, and each once more where a session was played again that may have told of it. */
  readonly told: Typed[];
  /** How often they pressed on each of their devices. */
  readonly devices: Map<string, number>;
  /** When a session of such a device was played again. */
  readonly replays: number[];
}

/** What may show a device the same twice. Not a replay: it says again what that device said, not what it was told. */
const SHOWN_AGAIN: ReadonlySet<string> = new Set([...FRAME_FAULTS].filter((fault) => !REPLAYS.has(fault)));

/**
 * I20: whoever is seen typing has typed, a moment ago, once for each time they are seen, and at most every 3 s on each
 * of their devices; it is never in the log. Who plays their session again types for them: that is worth their token.
 */
export const typing: Invariant = (history, report) => {
  const typed = new Map<string, Presses>();
  const seen = new Map<string, Typed[]>();
  history.book.each(["typing", "typist", "nemesis"], (line, no) => {
    const { t } = line;
    if (line.ev === "nemesis") {
      if (REPLAYS.has(line.fault)) for (const by of typed.values()) typedAgain(by, line.target, { no, t });
      return;
    }
    if (line.ev === "typist") {
      const key = `${line.dev} ${line.conv} ${line.of}`;
      const times = seen.get(key);
      if (times === undefined) seen.set(key, [{ no, t }]);
      else times.push({ no, t });
      return;
    }
    const key = `${line.conv} ${line.user}`;
    const by = typed.get(key) ?? { told: [], devices: new Map<string, number>(), replays: [] };
    typed.set(key, by);
    by.told.push({ no, t });
    by.devices.set(line.dev, (by.devices.get(line.dev) ?? 0) + 1);
  });
  for (const [key, times] of seen) {
    const [dev = "", conv = "", of = ""] = key.split(" ");
    const by = typed.get(`${conv} ${of}`);
    matched(history, report, key, times, by?.told ?? [], dev);
    paced(history, report, key, times, by, dev);
  }
  for (const log of history.logs.values()) {
    for (const place of log.final?.places ?? []) {
      if (place?.type !== "typing") continue;
      report.violated("I20", `${log.conv} ${place.seq}: typing stands in the log`, place.store[0]);
    }
  }
};

/** A session of this device was played again: all that it had pressed till then may be told once more. */
function typedAgain({ told, devices, replays }: Presses, device: string, when: Typed): void {
  const presses = devices.get(device);
  if (presses === undefined) return;
  for (let press = 0; press < presses; press++) told.push(when);
  replays.push(when.t);
}

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
    if (faults.touched(SHOWN_AGAIN, t - within, t, dev)) continue;
    report.violated(
      "I20",
      `${what}: seen typing, and nobody typed in the last ${within} ms, or they were seen already`,
      no,
    );
  }
}

/** As often as devices, and who plays their sessions again, may tell of it in that time. */
function paced(
  { faults, bounds }: IndexedHistory,
  report: Report,
  what: string,
  seen: readonly Typed[],
  by: Presses | undefined,
  dev: string,
): void {
  let from = 0;
  for (const [at, { no, t }] of seen.entries()) {
    const span = 10_000;
    while ((seen[from] as Typed).t < t - span) from++;
    const delay = late({ faults, bounds }, t, dev);
    const replays = by?.replays.filter((when) => when <= t && when >= t - span - delay).length ?? 0;
    const most = (by?.devices.size ?? 1) * passing(span + delay) + replays * passing(delay);
    if (at - from + 1 <= most || faults.touched(SHOWN_AGAIN, t - span, t, dev)) continue;
    report.violated("I20", `${what}: seen typing ${at - from + 1} times in ${span} ms`, (seen[from] as Typed).no, no);
    return;
  }
}

/** How much of one session's passes in that time. */
function passing(ms: number): number {
  return Math.floor(ms / LIMITS.typingApartMs) + 1;
}

/** How long it may have been on its way. */
function late({ faults, bounds }: Pick<IndexedHistory, "faults" | "bounds">, t: number, dev: string): number {
  if (!faults.touched(null, t - bounds.troubledMs, t)) return bounds.networkMs;
  const still = faults.touched(STANDSTILLS, t - bounds.troubledMs, t, dev) ? bounds.stillMs : 0;
  return bounds.troubledMs + still;
}
