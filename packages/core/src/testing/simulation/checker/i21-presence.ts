import type { UserId } from "@earshot/protocol";
import { type Connection, gatewayOf } from "./connections.ts";
import { PRESENCE_FAULTS } from "./faults-fired.ts";
import { grouped } from "./grouped.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { LineOf } from "./line-book.ts";
import type { Report } from "./report.ts";

/** What a device was told of a user. */
interface Told {
  readonly t: number;
  readonly no: number;
  readonly offline: boolean;
}

/** Time in which a user had a session that others may see. */
interface Stay {
  readonly from: number;
  readonly to: number;
  readonly gateway: string;
}

interface Watching {
  readonly history: IndexedHistory;
  readonly report: Report;
  readonly stays: ReadonlyMap<UserId, readonly Stay[]>;
}

/** For how long before it shows a fault may have begun to matter, in ms. */
const LINGERS_MS = 60_000;

/**
 * I21: nobody is told to be offline while a session of theirs lives; who is gone is seen offline within two heartbeats
 * and 5 s, and within 35 s where their gateway died; in the end what was told last is true. What delays frames, or the
 * stores that presence goes through, delays it too, until it is over.
 */
export const presence: Invariant = (history, report) => {
  const { book } = history;
  if (book.count("presence") === 0) return;
  if (book.count("alive") === 0) report.undecided("I21: nothing says who was there in the end");
  const stays = new Map<UserId, readonly Stay[]>();
  for (const [user, connections] of grouped(history.connections.all, (each) => each.user)) {
    stays.set(user, staysOf(history, connections));
  }
  const watching: Watching = { history, report, stays };
  const told = new Map<string, Told[]>();
  book.each(["presence"], (line, no) => {
    const offline = line.status === "offline";
    if (offline) notWhileThere(watching, line, no);
    const key = `${line.p} ${line.of}`;
    const before = told.get(key);
    if (before === undefined) told.set(key, [{ t: line.t, no, offline }]);
    else before.push({ t: line.t, no, offline });
  });
  for (const [key, lines] of told) {
    const [p = "", of = ""] = key.split(" ");
    if (!steady(history, of, watcherOf(history, p))) continue;
    inTime(watching, p, of, lines);
    inTheEnd(watching, p, of, lines);
  }
};

/** The sessions of a user's devices while they were not invisible. */
function staysOf(history: IndexedHistory, connections: readonly Connection[]): readonly Stay[] {
  const hidden = new Map<string, { readonly t: number; readonly invisible: boolean }[]>();
  history.book.each(["activity"], ({ p, t, state }) => {
    const changes = hidden.get(p) ?? [];
    hidden.set(p, [...changes, { t, invisible: state === "invisible" }]);
  });
  return connections.flatMap((connection) => {
    if (connection.welcomed === null) return [];
    const [{ gateway, p }, end] = [connection, history.over(connection)];
    const stays: Stay[] = [];
    let from: number | null = connection.welcomed.t;
    for (const { t, invisible } of hidden.get(p) ?? []) {
      if (t >= end) break;
      if (invisible && from !== null) {
        if (t > from) stays.push({ from, to: t, gateway });
        from = null;
      } else if (!invisible) from ??= Math.max(t, connection.welcomed.t);
    }
    return from === null ? stays : [...stays, { from, to: end, gateway }];
  });
}

function notWhileThere({ history, report, stays }: Watching, { dev, of, t }: LineOf<"presence">, no: number): void {
  const { bounds, faults } = history;
  const living = stays.get(of)?.find(({ from, to }) => from < t - bounds.presenceLagMs && to > t);
  if (living === undefined || faults.touched(PRESENCE_FAULTS, t - LINGERS_MS, t)) return;
  const since = Math.round(t - living.from);
  report.violated("I21", `${dev}: was told that ${of} is offline, who had a session for ${since} ms`, no);
}

/** Whoever leaves for good is to be seen so in time, by those who stayed connected to see it. */
function inTime({ history, report, stays }: Watching, p: string, of: UserId, told: readonly Told[]): void {
  const { bounds, faults } = history;
  const all = stays.get(of) ?? [];
  const lastT = history.book.lines.at(-1)?.t ?? 0;
  for (const { to, gateway } of all) {
    if (!Number.isFinite(to)) continue;
    const before = told.findLast((each) => each.t < to);
    if (before === undefined || before.offline) continue;
    const died = gatewayDied(history, gateway, to);
    const grace = died ? bounds.deadGatewayMs : bounds.goneMs;
    const troubled = faults.touched(PRESENCE_FAULTS, to - LINGERS_MS, to + grace);
    const due = (troubled ? Math.max(to, faults.healedAt) : to) + grace + bounds.presenceLagMs;
    if (due > lastT || all.some((each) => each.from <= due && each.to > to)) continue;
    if (!stayed(history, p, to, due) || told.some((each) => each.offline && each.t >= to && each.t <= due)) continue;
    report.violated("I21", `${p}: was not told within ${Math.round(due - to)} ms that ${of} is offline`, before.no);
    return;
  }
}

/** Whether a gateway's process ended by a crash at that moment. */
function gatewayDied({ book }: IndexedHistory, gateway: string, t: number): boolean {
  let died = false;
  book.each(["crash"], (line) => {
    if (Math.abs(line.t - t) < 1_000 && gatewayOf(line.p) === gateway) died = true;
  });
  return died;
}

/** Whether a life of a device was connected, by one connection, all the time between two moments. */
function stayed(history: IndexedHistory, p: string, from: number, to: number): boolean {
  return history.connections.all.some(
    (each) => each.p === p && each.welcomed !== null && each.welcomed.t <= from && history.over(each) > to,
  );
}

/** What was told last, when the controller said who is there, and to those who were connected for long enough to know. */
function inTheEnd({ history, report, stays }: Watching, p: string, of: UserId, told: readonly Told[]): void {
  const { bounds, book, connections } = history;
  let truth: { readonly on: boolean; readonly t: number; readonly no: number } | null = null;
  book.each(["alive"], (line, no) => {
    if (line.of === of) truth = { on: line.on, t: line.t, no };
  });
  const known = truth as { readonly on: boolean; readonly t: number; readonly no: number } | null;
  if (known === null) return;
  const { t, no } = known;
  const last = told.findLast((each) => each.no < no);
  const there = known.on && stays.get(of)?.some(({ from, to }) => from <= t && to >= t) === true;
  if (last === undefined || last.offline === !there) return;
  const newest = connections.all.findLast((each) => each.p === p && each.welcomed !== null);
  if (newest?.welcomed == null || history.overNo(newest) < no) return;
  const since = stays
    .get(of)
    ?.reduce((latest, { from, to }) => Math.max(latest, from <= t ? from : 0, to < t ? to : 0), 0);
  const grace = (there ? 0 : bounds.goneMs) + 2 * bounds.presenceLagMs;
  if (Math.max(since ?? 0, newest.welcomed.t) + grace > t) return;
  const [said, is] = there ? ["offline", "there"] : ["online", "not there"];
  report.violated("I21", `${p}: was told last that ${of} is ${said}, who is ${is}`, no, last.no);
}

/** Whether two users share conversations out of which neither was ever removed: else the watch falls with one of them. */
function steady(history: IndexedHistory, of: UserId, watcher: UserId | undefined): boolean {
  if (watcher === undefined) return false;
  for (const log of history.logs.values()) {
    for (const life of log.lives) {
      const members = history.members(log, life);
      const [one, other] = [members.changes(of), members.changes(watcher)];
      if ([...one, ...other].some(([, role]) => role === null)) return false;
    }
  }
  return true;
}

function watcherOf({ connections }: IndexedHistory, p: string): UserId | undefined {
  return connections.all.find((each) => each.p === p)?.user;
}
