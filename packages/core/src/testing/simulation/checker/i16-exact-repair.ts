import type { ConversationId, Epoch } from "@earshot/protocol";
import type { Connection } from "./connections.ts";
import { FRAME_FAULTS } from "./faults-fired.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Report } from "./report.ts";

type Passed = Map<ConversationId, { readonly epoch: Epoch; readonly seq: number; readonly no: number }>;

/**
 * I16: on a connection nothing comes unasked that lies at or below the cursor presented with its `hello`, no event
 * comes twice, and what a cursor is moved over is what its user cannot have.
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

/** A cursor that is moved over seqs of the user's own skips what it has to bring. */
function voids(history: IndexedHistory, report: Report): void {
  const cursors = new Map<string, { readonly epoch: Epoch; readonly seq: number; readonly no: number }>();
  history.book.each(["apply", "reset"], (line, no) => {
    const { p, conv, epoch, seq, user, dev } = line;
    const key = `${p} ${conv}`;
    const before = cursors.get(key);
    cursors.set(key, { epoch, seq, no });
    if (line.ev !== "reset" || line.why !== "void" || before?.epoch !== epoch) return;
    const log = history.logs.get(conv);
    const life = log?.life(epoch);
    if (log === undefined || life === undefined || !log.hasStore) return;
    const members = history.members(log, life);
    // with the whole history rights come and go with the membership, of what was before too
    if (log.wholeHistory && members.changes(user).some(([, role]) => role === null)) return;
    for (let skipped = before.seq + 1; skipped <= seq && members.knows(skipped); skipped++) {
      if (!members.mayHave(user, skipped)) continue;
      const place = log.survivor(life, skipped).places[skipped];
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
