import type { ConversationId, Epoch } from "@earshot/protocol";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Report } from "./report.ts";

interface Cursor {
  readonly epoch: Epoch;
  seq: number;
  no: number;
  t: number;
}

/** A device's cursors: in this life, and what the lives before it left. */
interface Cursors {
  p: string;
  now: Map<ConversationId, Cursor>;
  before: Map<ConversationId, { readonly p: string; readonly trail: readonly Cursor[] }>;
  /** Every position of this life, for what was stored of it. */
  trail: Map<ConversationId, Cursor[]>;
}

/**
 * I7, I8: applies of one device and conversation go up by exactly 1 from a declared reset, and none comes twice while
 * the cursor lives. A reset may go back only where the cursor was lost, or the log began another life.
 */
export const deviceOrder: Invariant = (history, report) => {
  const devices = new Map<string, Cursors>();
  history.book.each(["apply", "reset", "gone"], (line, no) => {
    const cursors = cursorsOf(devices, line);
    if (line.ev === "gone") cursors.now.delete(line.conv);
    else if (line.ev === "apply") apply(report, cursors, line, no);
    else reset(history, report, cursors, line, no);
  });
};

function cursorsOf(devices: Map<string, Cursors>, { dev, p }: { readonly dev: string; readonly p: string }): Cursors {
  const known = devices.get(dev);
  if (known?.p === p) return known;
  const empty: Cursors = { p, now: new Map(), before: new Map(known?.before), trail: new Map() };
  for (const [conv, trail] of known?.trail ?? []) empty.before.set(conv, { p: known?.p ?? "", trail });
  devices.set(dev, empty);
  return empty;
}

function apply(report: Report, cursors: Cursors, line: LineOf<"apply">, no: number): void {
  const { conv, epoch, seq, dev, t } = line;
  report.counts.applied++;
  const cursor = cursors.now.get(conv);
  const what = `${dev} ${conv} ${epoch} ${seq}`;
  if (cursor === undefined) {
    report.violated("I7", `${what}: applied, and nothing says where it began`, no);
  } else if (cursor.epoch !== epoch) {
    report.violated("I7", `${what}: applied behind epoch ${cursor.epoch}, without a reset`, no, cursor.no);
  } else if (seq <= cursor.seq) {
    report.counts.doubled++;
    report.violated("I8", `${what}: applied again, at cursor ${cursor.seq}`, no, cursor.no);
    return;
  } else if (seq > cursor.seq + 1) {
    report.counts.reordered++;
    report.violated("I7", `${what}: applied behind ${cursor.seq}, and nothing says why`, no, cursor.no);
  }
  move(cursors, conv, { epoch, seq, no, t });
}

function reset(history: IndexedHistory, report: Report, cursors: Cursors, line: LineOf<"reset">, no: number): void {
  const { conv, epoch, seq, why, dev, t } = line;
  report.counts.resets++;
  const cursor = cursors.now.get(conv);
  const what = `${dev} ${conv} ${epoch} ${seq}: reset (${why})`;
  const wrong = (id: "I7" | "I8" | "I12", how: string): void => report.violated(id, `${what} ${how}`, no, cursor?.no);
  const same = cursor?.epoch === epoch ? cursor : undefined;
  if (why === "stored" || why === "lost") {
    if (cursor !== undefined) wrong("I8", "in the middle of a life");
    else if (why === "stored") fromStorage(history, report, cursors, line, no);
  } else if (why === "epoch") {
    if (same !== undefined) wrong("I12", "of the same epoch: the head fell");
  } else if (same !== undefined && seq < same.seq) {
    report.counts.doubled++;
    wrong("I8", `goes back from ${same.seq}`);
  } else if (why === "jump") {
    if (same === undefined) wrong("I7", "from nowhere");
    else if (seq - same.seq <= history.bounds.jumpAbove) wrong("I7", `over what it has not applied, from ${same.seq}`);
  } else if (why === "void") {
    if (same === undefined) wrong("I7", "from nowhere");
  } else if (cursor !== undefined && same === undefined) wrong("I7", `from epoch ${cursor.epoch}`);
  move(cursors, conv, { epoch, seq, no, t });
}

/** I8: what comes back from storage is where the life before had been, half a second before its end at the earliest. */
function fromStorage(
  history: IndexedHistory,
  report: Report,
  cursors: Cursors,
  line: LineOf<"reset">,
  no: number,
): void {
  const { conv, epoch, seq, dev, t } = line;
  const { p = "", trail = [] } = cursors.before.get(conv) ?? {};
  const last = trail.at(-1);
  if (last === undefined) {
    report.violated("I7", `${dev} ${conv}: goes on from ${seq}, and it never was there`, no);
    return;
  }
  if (last.epoch !== epoch) return;
  const what = `${dev} ${conv} ${epoch}: goes on from ${seq}`;
  if (seq > last.seq) report.violated("I7", `${what}, and had applied ${last.seq}`, no, last.no);
  const ended = history.endOf(p) ?? last.t;
  const due = trail.findLast((each) => each.epoch === epoch && each.t <= ended - history.bounds.storedWithinMs);
  if (due === undefined || seq >= due.seq || history.faults.touched(STORAGE_FAULTS, 0, t, dev)) return;
  report.counts.doubled++;
  report.violated("I8", `${what}, and had stored ${due.seq}`, no, due.no);
}

/** What keeps a cursor from its storage. */
const STORAGE_FAULTS: ReadonlySet<string> = new Set(["F2", "F3", "F4", "F6"]);

function move({ now, trail }: Cursors, conv: ConversationId, cursor: Cursor): void {
  now.set(conv, cursor);
  const positions = trail.get(conv);
  if (positions === undefined) trail.set(conv, [cursor]);
  else positions.push(cursor);
}
