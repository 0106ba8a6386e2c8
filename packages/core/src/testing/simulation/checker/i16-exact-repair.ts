import type { ConversationId, Epoch, UserId } from "@earshot/protocol";
import type { Connection } from "./connections.ts";
import { FRAME_FAULTS } from "./faults-fired.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Report } from "./report.ts";

type Passed = Map<ConversationId, { readonly epoch: Epoch; readonly seq: number; readonly no: number }>;

/**
 * I16: on a connection nothing comes unasked that lies at or below the cursor presented with its `hello`, no event
 * comes twice, a repair leaves nothing out, and what a cursor is moved over is what its user cannot have.
 */
export const exactRepair: Invariant = (history, report) => {
  const passed = new Map<Connection, Passed>();
  history.book.each(["deliver"], (line, no) => {
    if (line.by !== "event" && line.by !== "repair") return;
    const connection = history.connections.of(no);
    if (connection === undefined) return;
    aboveCursor(report, connection, line, no);
    if (line.by === "event") onceInOrder(history, report, passed, connection, line, no);
  });
  whole(history, report);
  voids(history, report);
};

function aboveCursor(report: Report, { cursors }: Connection, line: LineOf<"deliver">, no: number): void {
  const cursor = cursors.get(line.conv);
  if (cursor === undefined || cursor[0] !== line.epoch || line.seq > cursor[1]) return;
  const what = `${line.dev} ${line.conv} ${line.epoch} ${line.seq}`;
  report.violated(
    "I16",
    `${what}: came unasked (${line.by}), and the cursor ${cursor[1]} was presented`,
    cursor[2],
    no,
  );
}

function onceInOrder(
  { faults }: IndexedHistory,
  report: Report,
  passed: Map<Connection, Passed>,
  connection: Connection,
  { dev, conv, epoch, seq, t }: LineOf<"deliver">,
  no: number,
): void {
  const known = passed.get(connection) ?? (new Map() as Passed);
  passed.set(connection, known);
  const last = known.get(conv);
  if (last?.epoch === epoch && seq <= last.seq) {
    if (faults.touched(FRAME_FAULTS, connection.opened.t, t, dev)) return;
    report.violated("I16", `${dev} ${conv} ${epoch} ${seq}: came as an event behind ${last.seq}`, last.no, no);
  } else known.set(conv, { epoch, seq, no });
}

/** What comes as the answer to a cursor begins right behind it, and goes on without a hole. */
function whole(history: IndexedHistory, report: Report): void {
  const reached = new Map<string, Set<number>>();
  history.book.each(["have", "deliver"], (line, no) => {
    const { p, dev } = line;
    const of = (conv: ConversationId, epoch: Epoch): Set<number> => {
      const key = `${p} ${conv} ${epoch}`;
      const known = reached.get(key) ?? new Set();
      reached.set(key, known);
      return known;
    };
    if (line.ev === "have") {
      for (const [conv, epoch, seq] of line.cursors) of(conv, epoch).add(seq);
      return;
    }
    if (line.by !== "repair") return;
    const { conv, epoch, seq, user, t } = line;
    const known = of(conv, epoch);
    let before = seq - 1;
    for (; before > 0 && !known.has(before); before--) if (mayHave(history, conv, epoch, before, user)) break;
    known.add(seq);
    if (before === 0 || known.has(before) || history.faults.touched(FRAME_FAULTS, 0, t, dev)) return;
    report.violated("I16", `${dev} ${conv} ${epoch} ${before}: left out by the repair that brought ${seq}`, no);
  });
}

/** Whether a user may have an event, whenever it is asked; false where that is not known. */
function mayHave(history: IndexedHistory, conv: ConversationId, epoch: Epoch, seq: number, user: UserId): boolean {
  const log = history.logs.get(conv);
  const life = log?.life(epoch);
  if (log === undefined || life === undefined || !log.hasStore) return false;
  const members = history.members(log, life);
  // with the whole history rights come and go with the membership, of what was before too
  if (log.wholeHistory && members.changes(user).some(([, role]) => role === null)) return false;
  return members.knows(seq) && members.mayHave(user, seq);
}

/** A cursor that is moved over seqs of the user's own skips what it has to bring. */
function voids(history: IndexedHistory, report: Report): void {
  const cursors = new Map<string, { readonly epoch: Epoch; readonly seq: number; readonly no: number }>();
  history.book.each(["apply", "reset"], (line, no) => {
    const { p, conv, epoch, seq, user, dev } = line;
    const key = `${p} ${conv}`;
    const before = cursors.get(key);
    cursors.set(key, { epoch, seq, no });
    if (line.ev !== "reset" || line.why !== "void" || before?.epoch !== epoch) return;
    for (let skipped = before.seq + 1; skipped <= seq; skipped++) {
      if (!mayHave(history, conv, epoch, skipped, user)) continue;
      const log = history.logs.get(conv);
      const life = log?.life(epoch);
      const place = life && log?.survivor(life, skipped).places[skipped];
      report.violated(
        "I16",
        `${dev} ${conv} ${epoch} ${skipped}: skipped as void, and ${user} may have it`,
        no,
        place?.store[0],
      );
      return;
    }
  });
}
