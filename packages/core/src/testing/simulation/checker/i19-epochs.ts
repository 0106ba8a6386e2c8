import type { Invariant } from "./indexed-history.ts";

/**
 * I19: what is sent after a rewind is numbered in the life that it began, and a life of a log begins by a rewind
 * alone. Epochs from nowhere have been told while the logs were read; this looks at heads and answers.
 */
export const epochs: Invariant = ({ book, logs, sends }, report) => {
  for (const send of sends.all) {
    const sent = send.invocations[0];
    for (const { numbered, no } of send.answers) {
      if (numbered === undefined || numbered.index < 0) {
        report.violated("I19", `${send.conv}: ${send.cmid} was numbered in an epoch that no rewind began`, no);
      } else if (numbered.beganNo > no) {
        report.violated("I19", `${send.conv}: epoch ${numbered.epoch} was told before it began`, no, numbered.beganNo);
      } else if (sent !== undefined && numbered.endedNo < sent.no) {
        const why = `${send.conv}: ${send.cmid} was sent after epoch ${numbered.epoch} had ended, and numbered in it`;
        report.violated("I19", why, numbered.endedNo, sent.no, no);
      }
    }
  }
  book.each(["head", "reset"], ({ conv, epoch, dev }, no) => {
    const log = logs.get(conv);
    const life = log?.life(epoch);
    if (log === undefined || log.lives.length === 0) return;
    if (life === undefined || life.index < 0) {
      report.violated("I19", `${dev} ${conv}: was told of epoch ${epoch}, which no rewind began`, no);
    } else if (life.beganNo > no) {
      report.violated("I19", `${dev} ${conv}: was told of epoch ${epoch} before it began`, no, life.beganNo);
    }
  });
};
