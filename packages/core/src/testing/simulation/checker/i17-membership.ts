import type { UserId } from "@earshot/protocol";
import type { SeenEvent } from "../history-line.ts";
import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { Log } from "./logs.ts";
import type { Report } from "./report.ts";

/**
 * I17, I18: a user has the events of the time they were a member, up to and with their own removal, by what the log
 * itself says of members; who never was one sees nothing, not even that the conversation exists. Who writes is a
 * member. Nobody is told that a conversation is gone who was not removed from it.
 */
export const membership: Invariant = (history, report) => {
  const { book } = history;
  book.each(["deliver", "apply"], (line, no) => entitled(history, report, line.user, line, no));
  book.each(["head", "receipt", "typist"], ({ user, conv, dev, ev }, no) => {
    const log = history.logs.get(conv);
    if (log === undefined || everMember(history, log, user) !== false) return;
    report.violated("I18", `${dev}: was told of ${conv} (${ev}), and ${user} never was a member`, no);
  });
  book.each(["gone"], ({ user, conv, dev }, no) => {
    const log = history.logs.get(conv);
    if (log?.final === undefined || !log.hasStore || log.lives.length > 1) return;
    const changes = history.members(log, log.final).changes(user);
    if (changes.length === 0 || changes.some(([, role]) => role === null)) return;
    report.violated("I17", `${dev}: was told that ${conv} is gone, and ${user} was never removed`, no);
  });
  for (const log of history.logs.values()) writers(history, report, log);
  presence(history, report);
};

function entitled(history: IndexedHistory, report: Report, user: UserId, event: SeenEvent, no: number): void {
  const log = history.logs.get(event.conv);
  const life = log?.life(event.epoch);
  if (log === undefined || life === undefined || life.index < 0) return;
  // as it was when it was seen: a rewind may have taken back that they came, or that they went
  const members = history.members(log, life);
  if (!members.knows(event.seq) || members.mayHave(user, event.seq)) return;
  if (log.wholeHistory && life !== log.final) return;
  const stranger = everMember(history, log, user) === false;
  const why = stranger ? "never was a member" : "was no member there";
  const place = log.survivor(life, event.seq).places[event.seq];
  report.violated(
    stranger ? "I18" : "I17",
    `${event.conv} ${event.epoch} ${event.seq}: seen by ${user}, who ${why}`,
    no,
    place?.store[0],
  );
}

/** Whether a user was a member in any life of a log; null: not all of its lives are known. */
function everMember(history: IndexedHistory, log: Log, user: UserId): boolean | null {
  if (log.lives.some((life) => history.members(log, life).has(user))) return true;
  return log.lives.length > 1 || !log.hasStore ? null : false;
}

function writers(history: IndexedHistory, report: Report, log: Log): void {
  const { final } = log;
  if (final === undefined || !log.hasStore) return;
  const members = history.members(log, final);
  for (const place of final.places) {
    if (place?.cmid === undefined || !members.knows(place.seq)) continue;
    if (members.role(place.from, place.seq - 1) !== null) continue;
    report.violated(
      "I17",
      `${log.conv} ${place.seq}: written by ${place.from}, who was no member there`,
      place.store[0],
    );
  }
}

/** I18: presence is told to those who share a conversation. */
function presence(history: IndexedHistory, report: Report): void {
  const shared = new Map<string, boolean>();
  const lineOf = (user: UserId, of: UserId): boolean => {
    const key = `${user} ${of}`;
    const known = shared.get(key) ?? share(history, user, of);
    shared.set(key, known);
    return known;
  };
  history.book.each(["presence"], ({ dev, user, of, status }, no) => {
    if (user === of || lineOf(user, of)) return;
    report.violated(
      "I18",
      `${dev}: was told that ${of} is ${status}, and ${user} shares no conversation with them`,
      no,
    );
  });
}

function share(history: IndexedHistory, user: UserId, of: UserId): boolean {
  for (const log of history.logs.values()) {
    const [one, other] = [everMember(history, log, user), everMember(history, log, of)];
    if (one !== false && other !== false) return true;
  }
  return false;
}
