import type { Invariant } from "./indexed-history.ts";
import type { Log } from "./logs.ts";
import { effective, type Invocation, type Send, seqIn } from "./sends.ts";

/**
 * I11: sends of one device's life into one conversation stand in the order sent. One that was refused for good counts
 * from where it was sent again; one of which the device never heard that, and repeated, from nowhere. What a rewind of the store took away is sent anew, and whatever was on its way may
 * come before it.
 */
export const senderOrder: Invariant = ({ logs, sends }, report) => {
  const lines = new Map<string, { readonly send: Send; readonly invoked: Invocation }[]>();
  for (const send of sends.all) {
    const invoked = effective(send);
    if (invoked === null || send.denied.some((no) => no > invoked.no)) continue;
    const key = `${invoked.p} ${send.conv}`;
    const line = lines.get(key);
    if (line === undefined) lines.set(key, [{ send, invoked }]);
    else line.push({ send, invoked });
  }
  for (const line of lines.values()) {
    line.sort((one, other) => one.invoked.no - other.invoked.no);
    let before: { readonly seq: number; readonly no: number } | null = null;
    for (const { send, invoked } of line) {
      const log = logs.get(send.conv);
      const seq = log === undefined ? null : placeOf(log, send, invoked);
      if (seq === null) continue;
      if (before !== null && seq < before.seq) {
        report.counts.reordered++;
        const why = `${invoked.p} ${send.conv}: sent behind what stands at ${before.seq}, and stands at ${seq}`;
        report.violated("I11", why, before.no, invoked.no);
      } else before = { seq, no: invoked.no };
    }
  }
};

/** Its seq in the final log; null: not there, or sent anew after a rewind that it lived through. */
function placeOf(log: Log, send: Send, { no }: Invocation): number | null {
  const { final } = log;
  const seq = final === undefined ? null : seqIn(send, final);
  if (seq === null || final === undefined) return null;
  const rewound = log.lives.filter((life) => life.endedNo > no && Number.isFinite(life.endedNo));
  return rewound.every(({ kept }) => seq <= kept) ? seq : null;
}
