import { grouped } from "./grouped.ts";
import type { Invariant } from "./indexed-history.ts";
import type { Life } from "./logs.ts";
import { type Answer, effective, type Invocation, type Send, seqIn } from "./sends.ts";

/** I10: what is sent after another's acknowledgement was seen stands behind it, in one conversation. */
export const realTime: Invariant = ({ logs, sends }, report) => {
  const byConversation = grouped(sends.all, ({ conv }) => conv);
  for (const log of logs.values()) {
    const sent = byConversation.get(log.conv) ?? [];
    for (const life of log.lives) {
      let highest: { readonly seq: number; readonly no: number } | null = null;
      for (const step of stepsIn(sent, life)) {
        if ("answer" in step) {
          if (step.answer.seq > (highest?.seq ?? 0)) highest = step.answer;
        } else if (highest !== null && step.seq < highest.seq) {
          report.counts.reordered++;
          const why = `${log.conv} ${step.seq}: sent after ${highest.seq} was acknowledged, and stands before it`;
          report.violated("I10", why, highest.no, step.invoked.no);
        }
      }
    }
  }
};

type Step =
  | { readonly no: number; readonly answer: Answer }
  | { readonly no: number; readonly invoked: Invocation; readonly seq: number };

/** Of the sends that stand in a life of a log, when they were sent and when acknowledged, by time. */
function stepsIn(sent: readonly Send[], life: Life): readonly Step[] {
  const steps: Step[] = [];
  for (const send of sent) {
    for (const answer of send.answers) if (answer.life === life) steps.push({ no: answer.no, answer });
    const seq = seqIn(send, life);
    const invoked = effective(send);
    if (seq !== null && invoked !== null) steps.push({ no: invoked.no, invoked, seq });
  }
  return steps.sort((one, other) => one.no - other.no);
}
