import type { ConversationId, Epoch, UserId } from "@earshot/protocol";
import { BUS_FAULTS } from "./faults-fired.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Log } from "./logs.ts";
import type { Report } from "./report.ts";

interface Told {
  delivered: number;
  read: number;
  readonly p: string;
  readonly epoch: Epoch;
  no: number;
}

const SIGNALS_LOST: ReadonlySet<string> = new Set([
  ...BUS_FAULTS,
  ...["F24", "F25", "F26", "F27", "F28", "F32", "F33", "crash gateway"],
]);
const ACKS_LOST: ReadonlySet<string> = new Set(["F16"]);

/**
 * I14: `delivered` and `read` of a user never fall, never pass the head, and `read` never passes `delivered`; in the
 * end everybody who looks has been told what the store has, and that is no less than what devices had and read.
 */
export const receipts: Invariant = (history, report) => {
  const told = new Map<string, Told>();
  const epochs = new Map<string, Epoch>();
  const sent = sentBy(history);
  history.book.each(["receipt", "reset"], (line, no) => {
    const place = `${line.p} ${line.conv}`;
    if (line.ev === "reset") {
      epochs.set(place, line.epoch);
      return;
    }
    const log = history.logs.get(line.conv);
    // receipts name no epoch: around a rewind nobody can say of which life they are
    const epoch = epochs.get(place) ?? (log?.lives.length === 1 ? log.final?.epoch : undefined);
    if (log === undefined || epoch === undefined || endedAt(log, epoch) < no) return;
    const key = `${place} ${line.of}`;
    rises(report, told.get(key), line, epoch, no);
    if (no < history.quietNo) told.set(key, { delivered: line.delivered, read: line.read, p: line.p, epoch, no });
    if (epoch === log.final?.epoch) underHead(history, report, log, sent.get(line.conv) ?? [], line, no);
  });
  if (history.quietAt !== null) inTheEnd(history, report, told);
};

function endedAt(log: Log, epoch: Epoch): number {
  return log.life(epoch)?.endedNo ?? Number.POSITIVE_INFINITY;
}

function rises(report: Report, before: Told | undefined, line: LineOf<"receipt">, epoch: Epoch, no: number): void {
  const { dev, conv, of, delivered, read } = line;
  const what = `${dev} ${conv}: ${of}`;
  if (read > delivered) report.violated("I14", `${what} has read ${read}, and has only ${delivered}`, no);
  if (before?.epoch !== epoch) return;
  for (const kind of ["delivered", "read"] as const) {
    if (line[kind] >= before[kind]) continue;
    report.violated("I14", `${what}: \`${kind}\` fell from ${before[kind]} to ${line[kind]}`, before.no, no);
  }
}

/** The head of a log at some moment is below everything that was sent after it; its last one is that of when it was read, as all was quiet. */
function underHead(
  { quietNo }: IndexedHistory,
  report: Report,
  log: Log,
  sent: readonly number[],
  line: LineOf<"receipt">,
  no: number,
): void {
  const { dev, conv, of, delivered } = line;
  const beyond = log.hasStore && delivered > log.head && no < quietNo;
  const sentNo = sent[delivered];
  if (!beyond && (sentNo === undefined || sentNo < no)) return;
  report.violated("I14", `${dev} ${conv}: ${of} has ${delivered}, which was not there`, no, beyond ? null : sentNo);
}

/** Of each seq of the final logs the line before which nobody can have it: the latest sending up to there. */
function sentBy({ logs, sends }: IndexedHistory): ReadonlyMap<ConversationId, readonly number[]> {
  const sent = new Map<ConversationId, readonly number[]>();
  for (const log of logs.values()) {
    const numbers = [-1];
    let latest = -1;
    const places = log.final?.places ?? [];
    for (let seq = 1; seq < places.length; seq++) {
      const place = places[seq];
      const first = place?.cmid === undefined ? undefined : sends.of(place)?.invocations[0];
      latest = Math.max(latest, first?.no ?? -1);
      numbers.push(latest);
    }
    sent.set(log.conv, numbers);
  }
  return sent;
}

function inTheEnd(history: IndexedHistory, report: Report, told: ReadonlyMap<string, Told>): void {
  // a receipt on its way is a signal: what dies with a bus or a gateway is told with the next, or to who subscribes anew
  const mayBeLost = history.faults.of(SIGNALS_LOST) > 0;
  // and a cursor that an `ack` names besides is named again by the next `have` alone
  const toldOnce = history.faults.of(ACKS_LOST) > 0;
  const final = new Map<string, { readonly line: LineOf<"member">; readonly no: number }>();
  const members = new Map<ConversationId, UserId[]>();
  history.book.each(["member"], (line, no) => {
    final.set(`${line.conv} ${line.of}`, { line, no });
    const others = members.get(line.conv);
    if (others === undefined) members.set(line.conv, [line.of]);
    else others.push(line.of);
    const head = history.logs.get(line.conv)?.head;
    const what = `${line.conv}: ${line.of} has ${line.delivered} and has read ${line.read} in the store`;
    if (line.read > line.delivered) report.violated("I14", what, no);
    if (head !== undefined && history.logs.get(line.conv)?.hasStore && line.delivered > head) {
      report.violated("I14", `${what}, and the log goes to ${head}`, no);
    }
  });
  history.book.each(["shown"], ({ dev, conv, cursor, epoch }, no) => {
    const p = history.lastLives.get(dev);
    const user = history.connections.all.find((each) => each.dev === dev)?.user;
    const own = final.get(`${conv} ${user}`);
    if (own === undefined || !history.wantsSession(dev) || epoch !== history.logs.get(conv)?.final?.epoch) return;
    if (own.line.delivered < cursor && !toldOnce) {
      report.violated("I14", `${dev} ${conv}: has ${cursor}, and the store says ${own.line.delivered}`, no, own.no);
    }
    if (mayBeLost) return;
    for (const of of members.get(conv) ?? []) {
      const last = told.get(`${p} ${conv} ${of}`);
      const stored = final.get(`${conv} ${of}`);
      if (last === undefined || stored === undefined || of === user || last.epoch !== epoch) continue;
      const { delivered, read } = stored.line;
      if (last.delivered === delivered && last.read === read) continue;
      const why = `${dev} ${conv}: was told last that ${of} has ${last.delivered}/${last.read}, and the store says ${delivered}/${read}`;
      report.violated("I14", why, last.no, stored.no);
    }
  });
  const epochs = new Map<string, Epoch>();
  history.book.each(["read", "reset"], (line, no) => {
    const { dev, p, user, conv, seq } = line;
    if (line.ev === "reset") {
      epochs.set(`${p} ${conv}`, line.epoch);
      return;
    }
    const own = final.get(`${conv} ${user}`);
    const log = history.logs.get(conv);
    // of a life that ended, or in a log's life that did, it may be forgotten
    if (own === undefined || log?.hasStore !== true || history.lastLives.get(dev) !== p) return;
    if (!history.wantsSession(dev) || epochs.get(`${p} ${conv}`) !== log.final?.epoch) return;
    if (own.line.read >= Math.min(seq, log.head)) return;
    report.violated("I14", `${dev} ${conv}: has read ${seq}, and the store says ${own.line.read}`, no, own.no);
  });
}
