import type { Invariant } from "./indexed-history.ts";
import type { Send } from "./sends.ts";

/**
 * I3: what was refused for good never happens later, unless it is sent again. Of one that was sent on an earlier
 * connection too, whose answer was lost, the first copy may still be on its way.
 */
export const noIsNo: Invariant = ({ sends, connections }, report) => {
  for (const send of sends.all) {
    const refusal = send.refusals.at(-1);
    if (refusal === undefined || send.invocations.some(({ no }) => no > refusal.no)) continue;
    const opened = connections.of(refusal.no)?.opened.no ?? 0;
    if (send.invocations.some(({ no }) => no < opened)) continue;
    const why = `${send.conv}: ${send.cmid} was refused with ${refusal.code}`;
    const later = send.answers.find(({ no }) => no > refusal.no);
    if (later !== undefined) report.violated("I3", `${why}, and acknowledged later`, refusal.no, later.no);
    const place = send.places.find(({ life }) => !hadIt(send, life.index, refusal.no));
    if (place === undefined || later !== undefined) continue;
    const seen = Number.isFinite(place.firstNo) ? place.firstNo : place.store[0];
    report.violated("I3", `${why}, and is in the log at ${place.seq}`, refusal.no, seen);
  }
};

/** Whether that life of the log had it before it was refused: then the log is right, and the refusal is (I4). */
function hadIt({ answers }: Send, life: number, refusedNo: number): boolean {
  return answers.some((answer) => answer.no < refusedNo && answer.life?.index === life);
}
