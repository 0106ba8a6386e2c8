import type { ConversationId } from "@earshot/protocol";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Log } from "./logs.ts";
import type { Report } from "./report.ts";

interface Step {
  readonly seq: number;
  readonly t: number;
  readonly no: number;
}

/**
 * I9: within 30 s of healing every connected device has applied all that its user may have, up to the head; in the end
 * its window shows that, and nothing else.
 */
export const convergence: Invariant = (history, report) => {
  // where it never became quiet only what has had more than enough time for it is told
  const patient = history.endedAt - history.faults.healedAt > 2 * history.bounds.convergeMs;
  if (history.quietAt === null && !patient) return;
  const steps = finalSteps(history);
  const known = knownAt(history);
  const welcomes = lastWelcomes(history);
  history.book.each(["shown"], (line, no) => {
    const log = history.logs.get(line.conv);
    const user = userOf(history, line.dev);
    if (log?.final === undefined || user === undefined || !log.hasStore || !history.wantsSession(line.dev)) return;
    // who has left sees what was there, or nothing
    if (history.members(log, log.final).role(user, log.head) === null) return;
    const latest = known.get(line.conv)?.at(-1)?.t ?? 0;
    if (history.quietAt === null && latest + history.bounds.convergeMs > history.endedAt) return;
    if (!atHead(report, log, line, no)) return;
    showsAll(history, report, log, line, no, user);
    const since = Math.max(history.faults.healedAt, welcomes.get(line.dev) ?? 0);
    inTime(
      history,
      report,
      log,
      steps.get(`${line.dev} ${line.conv}`) ?? [],
      known.get(line.conv) ?? [],
      since,
      line.dev,
    );
  });
};

function atHead(report: Report, log: Log, line: LineOf<"shown">, no: number): boolean {
  const { dev, conv, epoch, cursor, status, error } = line;
  const final = log.final?.epoch;
  const why =
    error !== undefined
      ? `its window says ${error}`
      : epoch !== final
        ? `epoch ${epoch}, and the log's is ${final}`
        : cursor !== log.head
          ? `cursor ${cursor}, and the log goes to ${log.head}`
          : status !== "live"
            ? `its window says ${status}`
            : null;
  if (why !== null)
    report.violated("I9", `${dev} ${conv}: in the end ${why}`, no, log.final?.places[log.head]?.store[0]);
  return why === null;
}

const SHOWN_TYPES: ReadonlySet<string> = new Set(["message", "meta", "member"]);

/** From the first seq that a window shows, it shows every message and notice that its user may have. */
function showsAll(
  history: IndexedHistory,
  report: Report,
  log: Log,
  line: LineOf<"shown">,
  no: number,
  user: string,
): void {
  const { dev, conv, seqs, cursor } = line;
  const final = log.final;
  if (final === undefined) return;
  const members = history.members(log, final);
  const has = (seq: number): boolean =>
    SHOWN_TYPES.has(final.places[seq]?.type ?? "") && (!members.knows(seq) || members.mayHave(user, seq));
  let at = 0;
  for (let seq = seqs[0] ?? cursor + 1; seq <= cursor; seq++) {
    if (seqs[at] === seq) {
      at++;
      if (has(seq)) continue;
      const place = final.places[seq];
      report.violated("I9", `${dev} ${conv}: its window shows ${seq}, which it cannot have`, no, place?.store[0]);
    } else if (has(seq)) {
      report.violated("I9", `${dev} ${conv}: its window lacks ${seq}`, no, final.places[seq]?.store[0]);
    }
  }
  if (at < seqs.length) report.violated("I9", `${dev} ${conv}: its window is not in order, or beyond its cursor`, no);
}

/** Whatever was known to be in the log was applied in time. */
function inTime(
  { bounds, faults }: IndexedHistory,
  report: Report,
  log: Log,
  steps: readonly Step[],
  known: readonly Step[],
  since: number,
  dev: string,
): void {
  let at = 0;
  let begun = 0;
  for (const step of steps) {
    for (; at < known.length && (known[at] as Step).seq <= step.seq; at++) {
      const place = known[at] as Step;
      // what was there before the device began to look is part of its first page
      const due = Math.max(since, place.t, faults.healedAt, begun) + bounds.convergeMs;
      if (step.t <= due) continue;
      const late = `applied ${Math.round(step.t - due + bounds.convergeMs)} ms after it could be`;
      report.violated("I9", `${dev} ${log.conv} ${place.seq}: ${late}`, step.no, place.no);
      return;
    }
    if (begun === 0) begun = step.t;
  }
}

/** Where each device's last life went in the last life of each log. */
function finalSteps({ book, lastLives, logs }: IndexedHistory): ReadonlyMap<string, readonly Step[]> {
  const steps = new Map<string, Step[]>();
  book.each(["apply", "reset"], ({ dev, p, conv, epoch, seq, t }, no) => {
    if (lastLives.get(dev) !== p || logs.get(conv)?.final?.epoch !== epoch) return;
    const key = `${dev} ${conv}`;
    const known = steps.get(key);
    if (known === undefined) steps.set(key, [{ seq, t, no }]);
    else known.push({ seq, t, no });
  });
  return steps;
}

/** Since when each event of a final log is known to be there, by the first line that tells of it or of one behind it. */
function knownAt({ logs, sends, book }: IndexedHistory): ReadonlyMap<ConversationId, readonly Step[]> {
  const known = new Map<ConversationId, Step[]>();
  const acked = new Map<string, number>();
  for (const { answers } of sends.all) {
    for (const { life, seq, no } of answers) {
      if (life === undefined) continue;
      const key = `${life.log.conv} ${seq}`;
      if (life === life.log.final) acked.set(key, Math.min(acked.get(key) ?? no, no));
    }
  }
  for (const log of logs.values()) {
    const places = log.final?.places ?? [];
    const steps: Step[] = [];
    let first = Number.POSITIVE_INFINITY;
    for (let seq = places.length - 1; seq > 0; seq--) {
      const place = places[seq];
      first = Math.min(first, place?.firstNo ?? first, acked.get(`${log.conv} ${seq}`) ?? first);
      if (Number.isFinite(first)) steps.push({ seq, no: first, t: book.lines[first]?.t ?? 0 });
    }
    known.set(log.conv, steps.reverse());
  }
  return known;
}

function lastWelcomes({ connections }: IndexedHistory): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  for (const { dev, welcomed } of connections.all) if (welcomed !== null) last.set(dev, welcomed.t);
  return last;
}

function userOf({ connections }: IndexedHistory, dev: string): string | undefined {
  return connections.all.find((each) => each.dev === dev)?.user;
}
