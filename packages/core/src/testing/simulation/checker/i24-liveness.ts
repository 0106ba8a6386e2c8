import { CLOSE } from "@earshot/protocol";
import type { Connection } from "./connections.ts";
import { FRAME_FAULTS } from "./faults-fired.ts";
import { grouped } from "./grouped.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { Report } from "./report.ts";

/** I24: after healing nobody is without a session for long, and every send gets its answer in time; and at no time is a device's newest attempt thrown out for an earlier one. */
export const liveness: Invariant = (history, report) => {
  replaced(history, report);
  const { healedAt } = history.faults;
  if (!Number.isFinite(healedAt)) return;
  const byDevice = grouped(history.connections.all, ({ dev }) => dev);
  for (const [dev, connections] of byDevice) connected(history, report, dev, connections);
  answered(history, report);
};

/** Of a device the latest attempt stays: who says `hello` with an old one again, or with the same, is another matter. */
function replaced({ connections, faults }: IndexedHistory, report: Report): void {
  const newest = new Map<string, Connection>();
  for (const connection of connections.all) newest.set(connection.p, connection);
  for (const { dev, closed, opened } of newest.values()) {
    if (closed?.code !== CLOSE.replaced.code || closed.side !== "gateway") continue;
    if (faults.touched(FRAME_FAULTS, opened.t, closed.t, dev)) continue;
    report.violated("I24", `${dev}: its newest attempt was replaced`, opened.no, closed.no);
  }
}

function connected(history: IndexedHistory, report: Report, dev: string, connections: readonly Connection[]): void {
  const { bounds, faults, endedAt } = history;
  const last = connections.findLast(({ opened }) => opened.no < history.quietNo);
  if (last === undefined || !history.wantsSession(dev)) return;
  // without a session since then
  let since: number | null = faults.healedAt;
  for (const { welcomed, closed } of connections) {
    if (welcomed === null || welcomed.no > history.quietNo) continue;
    if (since !== null && welcomed.t - since > bounds.connectMs) {
      tell(report, dev, welcomed.t - since, welcomed.no);
      return;
    }
    since = closed === null || closed.no > history.quietNo ? null : Math.max(closed.t, faults.healedAt);
  }
  if (since === null) return;
  const waited = endedAt - since;
  const no = connections.findLast(({ closed }) => closed !== null)?.closed?.no ?? last.opened.no;
  if (history.quietAt !== null || waited > bounds.connectMs) tell(report, dev, waited, no);
}

function tell(report: Report, dev: string, ms: number, no: number): void {
  report.violated("I24", `${dev}: without a session for ${Math.round(ms)} ms after healing`, no);
}

function answered(history: IndexedHistory, report: Report): void {
  const { bounds, faults, endedAt, lastLives } = history;
  for (const { conv, cmid, dev, invocations, answers, refusals, unknown } of history.sends.all) {
    const invoked = invocations.at(-1);
    if (invoked === undefined || lastLives.get(dev) !== invoked.p || !history.wantsSession(dev)) continue;
    const settled = [answers.find(({ no }) => no > invoked.no), refusals.find(({ no }) => no > invoked.no)];
    if (unknown.some((no) => no > invoked.no && no < history.quietNo)) continue;
    const first = settled.filter((each) => each !== undefined).reduce((least, { no }) => Math.min(least, no), Infinity);
    const since = Math.max(invoked.t, faults.healedAt);
    const until = Number.isFinite(first) ? history.at(first) : endedAt;
    const forEver = !Number.isFinite(first) && history.quietAt !== null;
    if (!forEver && until - since <= bounds.connectMs) continue;
    const why = forEver ? "never answered" : `not answered for ${Math.round(until - since)} ms after healing`;
    report.violated("I24", `${dev} ${conv}: ${cmid} was ${why}`, invoked.no);
  }
}
