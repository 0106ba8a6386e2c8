import type { Connection } from "./connections.ts";
import { FRAME_FAULTS } from "./faults-fired.ts";
import type { Invariant } from "./indexed-history.ts";

/**
 * I13: after `sent` the sender's next page reaches it, and no `event` repeats it on that session. Where the network
 * doubles or swaps frames, or plays old ones again, the second cannot be told from it.
 */
export const readYourWrites: Invariant = (history, report) => {
  const { book, connections, faults, logs } = history;
  const own = new Map<string, { readonly seq: number; readonly no: number; readonly t: number }>();
  const echoed = new Map<Connection, Map<string, number>>();
  book.each(["deliver", "ok", "head"], (line, no) => {
    const key = `${line.dev} ${line.conv} ${line.epoch}`;
    if (line.ev === "ok") {
      if (line.seq > (own.get(key)?.seq ?? 0)) own.set(key, { seq: line.seq, no, t: line.t });
      return;
    }
    if (line.ev === "head") {
      const sent = own.get(key);
      if (sent === undefined || line.by !== "page" || line.asked === undefined) return;
      if (line.asked <= sent.t || line.head >= sent.seq || logs.get(line.conv)?.life(line.epoch) === undefined) return;
      const why = `${line.dev} ${line.conv}: its page goes to ${line.head}, asked for after ${sent.seq} was acknowledged`;
      report.violated("I13", why, sent.no, no);
      return;
    }
    report.counts.delivered++;
    if (line.by !== "sent" && line.by !== "event") return;
    const connection = connections.of(no);
    if (connection === undefined) return;
    const seen = echoed.get(connection) ?? new Map<string, number>();
    echoed.set(connection, seen);
    const what = `${line.conv} ${line.epoch} ${line.seq}`;
    const first = seen.get(what);
    if (line.by === "sent") seen.set(what, no);
    else if (first !== undefined && !faults.touched(FRAME_FAULTS, connection.opened.t, line.t, line.dev)) {
      report.violated("I13", `${line.dev} ${what}: came as an event after its own \`sent\``, first, no);
    }
  });
};
