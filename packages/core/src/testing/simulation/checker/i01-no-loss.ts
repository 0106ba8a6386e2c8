import type { Invariant } from "./indexed-history.ts";
import type { Log } from "./logs.ts";
import type { Answer, Send } from "./sends.ts";

/**
 * I1: what was acknowledged is in the log at that seq with that content, by the store's own word and by a fresh reader's.
 * What is acknowledged once they were asked, as all was quiet, cannot be in what they said.
 */
export const noLoss: Invariant = ({ sends, logs, quietNo }, report) => {
  for (const send of sends.all) {
    for (const answer of send.answers) {
      const log = logs.get(send.conv);
      if (log === undefined || answer.life === undefined || answer.life.index < 0 || answer.no > quietNo) continue;
      if (answer.life === log.final) {
        const why = missing(log, send, answer);
        if (why === null) continue;
        report.counts.lost++;
        report.violated("I1", `${send.conv} ${answer.seq}: ${why}`, answer.no, send.invocations[0]?.no);
      } else report.counts.excused++;
    }
  }
};

/** How an acknowledged send is not where it has to be; null: it is. */
function missing(log: Log, { cmid, user, hash }: Send, { seq }: Answer): string | null {
  const place = log.final?.places[seq];
  if (!log.hasStore && !log.hasPages) return null;
  const absent = log.hasStore && !place?.store.length ? "store" : log.hasPages && !place?.page.length ? "pages" : null;
  if (absent !== null) {
    const part = seq > log.head ? "tail" : seq <= log.head / 10 ? "prefix" : "middle";
    return `acknowledged, and not in the log as the ${absent} have it (${part} of ${log.head})`;
  }
  if (place?.cmid !== cmid || place.from !== user) return "acknowledged, and another event stands there";
  const other = hash !== undefined && place.hash !== undefined && place.hash !== hash;
  return other ? "acknowledged, and in the log with another content" : null;
}
