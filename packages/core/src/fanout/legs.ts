import type { ConversationId, Epoch, EventRow, MetaBody, Mode } from "@earshot/protocol";
import type { Origins } from "./fanned-events.ts";

/** Events in seq order, with the session that each came from, if it is on this node. */
export interface FanoutArrival {
  readonly c: ConversationId;
  readonly epoch: Epoch;
  readonly rows: readonly EventRow[];
  /** How events travel after the last row; absent: not known. */
  readonly mode?: Mode;
  /** After the last row; 0: not known. */
  readonly membersVersion: number;
  readonly origins?: Origins;
}

/** Events that travel one way. */
export interface Leg extends FanoutArrival {
  /** The event that switches is for all members, of whom subscribers are some: `push`, from whatever it switches. null: not known. */
  readonly way: Mode | null;
  /** How events travel behind it; null: not known. */
  readonly after: Mode | null;
}

/** The mode that an event gives its conversation, as it is created or switched; null: it changes none. */
function modeBy({ type, body }: EventRow): Mode | null {
  const mode = type === "meta" ? (body as Partial<MetaBody> | undefined)?.mode : undefined;
  return mode === "push" || mode === "pull" ? mode : null;
}

/** An arrival, cut where the mode switches: each event travels as of its own place in the log (trap 29). Pure. */
export function legsOf(arrival: FanoutArrival): readonly Leg[] {
  const { rows, mode = null } = arrival;
  const switches = rows.flatMap((row, at) => (row.seq > 1 && modeBy(row) !== null ? [at] : []));
  const first = rows[0];
  const created = first?.seq === 1 ? modeBy(first) : null;
  if (switches.length === 0) {
    const way = created ?? mode;
    return [{ ...arrival, way, after: way }];
  }
  const legs: Leg[] = [];
  let from = 0;
  for (const at of switches) {
    const after = modeBy(rows[at] as EventRow);
    // A switch always leaves the other one behind.
    const before = after === "push" ? "pull" : "push";
    if (at > from) legs.push({ ...cut(arrival, from, at), way: before, after: before });
    legs.push({ ...cut(arrival, at, at + 1), way: "push", after });
    from = at + 1;
  }
  const last = legs.at(-1)?.after ?? null;
  if (from < rows.length) legs.push({ ...cut(arrival, from, rows.length), way: last, after: last });
  return legs;
}

/** Rows `from` up to, and without, `to`, with the version of the members behind them. */
function cut({ mode: _, ...arrival }: FanoutArrival, from: number, to: number): FanoutArrival {
  const { rows, membersVersion, origins } = arrival;
  return {
    ...arrival,
    rows: rows.slice(from, to),
    membersVersion: membersVersion === 0 ? 0 : membersVersion - changesIn(rows.slice(to)),
    ...(origins === undefined ? {} : { origins: origins?.slice(from, to) ?? null }),
  };
}

/** How many of these change members. */
export function changesIn(rows: readonly EventRow[]): number {
  return rows.reduce((sum, row) => sum + (row.type === "member" ? 1 : 0), 0);
}
