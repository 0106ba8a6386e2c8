import { type Connection, gatewayOf } from "./connections.ts";
import { FRAME_FAULTS } from "./faults-fired.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Report } from "./report.ts";

/** Closes by which a gateway goes away without a word. */
const ABRUPT: ReadonlySet<number> = new Set([1001, 1006, 1011, 1012, 1013]);

/**
 * I22: while a gateway drains it serves on: it closes nobody abruptly, with 4001 only who was told when to go, and at
 * the end of the window at the earliest; and every moment that it tells of lies within the window.
 */
export const drain: Invariant = (history, report) => {
  history.book.each(["draining"], (line, no) => {
    const ended = endOf(history, line.p, gatewayOf(line.p), no);
    for (const connection of history.connections.all) {
      // not one of an earlier life, whose client hears of its end only now
      if (connection.node !== line.p) continue;
      told(report, connection, line, no, ended.no);
      left(history, report, connection, line, no, ended);
    }
  });
};

/** Where the drained process ends. */
function endOf({ book }: IndexedHistory, p: string, gateway: string, after: number) {
  const end = { no: Number.POSITIVE_INFINITY, crashed: false };
  book.each(["stop", "crash", "start"], (line, no) => {
    if (no < after || no > end.no || (line.p !== p && gatewayOf(line.p) !== gateway)) return;
    end.no = no;
    end.crashed = line.ev === "crash";
  });
  return end;
}

function told(
  report: Report,
  { dev, drained }: Connection,
  { p, within }: LineOf<"draining">,
  no: number,
  endNo: number,
) {
  if (drained === null || drained.no < no || drained.no > endNo) return;
  if (drained.within <= within && drained.delay >= 0 && drained.delay <= drained.within) return;
  const why = `${dev}: ${p} drains over ${within} ms, and tells to go after ${drained.delay} of ${drained.within}`;
  report.violated("I22", why, no, drained.no);
}

function left(
  { faults }: IndexedHistory,
  report: Report,
  connection: Connection,
  line: LineOf<"draining">,
  no: number,
  end: { readonly no: number; readonly crashed: boolean },
): void {
  const { closed, welcomed, drained, dev } = connection;
  if (closed === null || closed.side !== "gateway" || closed.no < no || closed.no > end.no) return;
  if (welcomed === null || connection.opened.no > no) return;
  const due = line.t + line.within;
  const what = `${dev}: ${line.p} drained`;
  if (ABRUPT.has(closed.code) && !end.crashed) {
    report.violated("I22", `${what}, and closed with ${closed.code}`, no, closed.no);
  } else if (closed.code === 4001 && closed.t < due) {
    report.violated(
      "I22",
      `${what}, and closed ${Math.round(due - closed.t)} ms before the end of its window`,
      no,
      closed.no,
    );
  } else if (closed.code === 4001 && drained === null && !faults.touched(FRAME_FAULTS, 0, closed.t, dev)) {
    report.violated("I22", `${what}, and closed who was never told to go`, no, closed.no);
  }
}
