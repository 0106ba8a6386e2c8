import type { Invariant } from "./indexed-history.ts";
import type { Life } from "./logs.ts";
import type { Report } from "./report.ts";
import type { Send } from "./sends.ts";

/** I4: one key is at most once in a log, and each answer for it carries the same seq. */
export const idempotentSend: Invariant = ({ sends }, report) => {
  for (const send of sends.all) {
    onePlace(send, report);
    for (const { no, code } of send.refusals) {
      const before = send.answers.find((answer) => answer.no < no && answer.life && answer.life.endedNo > no);
      if (before === undefined) continue;
      report.violated(
        "I4",
        `${send.conv}: ${send.cmid} was acknowledged, and its repeat refused: ${code}`,
        before.no,
        no,
      );
    }
  }
};

function onePlace(send: Send, report: Report): void {
  if (send.places.length + send.answers.length < 2) return;
  const seqs = new Map<Life, { readonly seq: number; readonly no: number | undefined }>();
  const put = (life: Life, seq: number, no: number | undefined, what: string): void => {
    const known = seqs.get(life);
    if (known === undefined) seqs.set(life, { seq, no });
    else if (known.seq !== seq) {
      report.counts.doubled++;
      report.violated("I4", `${send.conv}: ${send.cmid} is ${what} at ${known.seq} and at ${seq}`, known.no, no);
    }
  };
  for (const { life, seq, store, firstNo } of send.places) {
    put(life, seq, store[0] ?? (Number.isFinite(firstNo) ? firstNo : undefined), "in one log");
  }
  for (const { life, seq, no } of send.answers) if (life !== undefined) put(life, seq, no, "said to be");
}
