import { BUS_FAULTS, CLOCK_FAULTS } from "./faults-fired.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { Report } from "./report.ts";

/** What a history is too poor to decide. */
export const undecided: Invariant = (history, report) => {
  const { book, sends, logs, quietAt, faults } = history;
  const answers = sends.all.some((send) => send.answers.length > 0);
  if (!answers) report.undecided("I1: no send was acknowledged");
  if (book.first("heal") === null) report.undecided("I24: nothing says when faults ended");
  if (book.first("quiesced") === null) report.undecided("I9: nothing says that all became quiet");
  else if (quietAt === null) report.undecided("I9: it did not become quiet");
  for (const log of logs.values()) {
    // one that a rewind took away altogether has no log to read
    if (log.final?.epoch === "") continue;
    if (!log.hasStore) report.undecided(`I1: the store's log of ${log.conv} was not read`);
    if (!log.hasPages) report.undecided(`I13: nobody paged the log of ${log.conv}`);
  }
  if (book.count("apply") > 0 && book.count("shown") === 0) report.undecided("I9: nothing says what windows show");
  if (book.count("receipt") > 0 && book.count("member") === 0) report.undecided("I14: the final members were not read");
  timeRises(history, report);
  const { counts } = report;
  counts.lines = book.lines.length;
  counts.connections = history.connections.all.length;
  counts.faults = faults.count;
  counts.busFaults = faults.of(BUS_FAULTS);
  counts.clockFaults = faults.of(CLOCK_FAULTS);
  countSends(history, report);
};

function timeRises({ book: { lines } }: IndexedHistory, report: Report): void {
  let before = Number.NEGATIVE_INFINITY;
  for (const [no, { t }] of lines.entries()) {
    if (!(t >= before)) {
      report.undecided(`the time of line ${no + 1} falls`);
      return;
    }
    before = t;
  }
}

function countSends({ sends }: IndexedHistory, { counts }: Report): void {
  for (const { invocations, answers, refusals, unknown, places } of sends.all) {
    if (invocations.length > 0) counts.invoked++;
    if (answers.length > 0) counts.acked++;
    else if (refusals.length > 0) counts.refused++;
    else {
      counts.unanswered++;
      if (unknown.length > 0 && places.some(({ life }) => life === life.log.final)) counts.recovered++;
    }
  }
}
