import type { Invariant } from "./indexed-history.ts";
import type { Send } from "./sends.ts";

/** Refusals that always say when to come again, so that they are none for good. */
const FOR_NOW: ReadonlySet<string> = new Set(["rate_limited", "blocked"]);

/** I23: a device has no more sends acknowledged in any window than a burst and its rate; and what is refused for its rate is refused for now. */
export const rates: Invariant = ({ sends, bounds }, report) => {
  const byDevice = new Map<string, Send[]>();
  for (const send of sends.all) {
    for (const { no, code } of send.refusals) {
      if (FOR_NOW.has(code)) report.violated("I23", `${send.conv}: ${send.cmid} was refused for good with ${code}`, no);
    }
    const list = byDevice.get(send.dev);
    if (list === undefined) byDevice.set(send.dev, [send]);
    else list.push(send);
  }
  const { sendsPerSecond, sendBurstSeconds } = bounds;
  for (const [dev, list] of byDevice) {
    // what was sent and acknowledged within a second was let in within it
    const quick = list.flatMap(({ invocations, answers }) => {
      const [sent, answer] = [invocations[0], answers[0]];
      return sent && answer && answer.t - sent.t <= 1_000 ? [sent] : [];
    });
    for (const seconds of [1, 10]) {
      const most = sendsPerSecond * (sendBurstSeconds + seconds + 1);
      let from = 0;
      for (const [at, { no, t }] of quick.entries()) {
        while ((quick[from]?.t ?? t) < t - seconds * 1_000) from++;
        if (at - from + 1 <= most) continue;
        report.violated(
          "I23",
          `${dev}: ${at - from + 1} sends were let in within ${seconds + 1} s`,
          quick[from]?.no,
          no,
        );
        return;
      }
    }
  }
};
