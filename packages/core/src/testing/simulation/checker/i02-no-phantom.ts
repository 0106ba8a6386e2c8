import type { IndexedHistory, Invariant } from "./indexed-history.ts";
import type { Place } from "./logs.ts";
import type { Report } from "./report.ts";

/** I2: whatever is in a log, or was ever seen of one, was sent before by that user, into that conversation, with that content. */
export const noPhantom: Invariant = (history, report) => {
  const { logs, sends } = history;
  const asked = changesAsked(history);
  for (const send of sends.all) {
    const [answer] = send.answers;
    if (send.invocations.length > 0 || answer === undefined) continue;
    report.counts.phantom++;
    report.violated("I2", `${send.conv}: ${send.cmid} was acknowledged, and nobody sent it`, answer.no);
  }
  for (const log of logs.values()) {
    for (const life of log.lives) {
      for (const place of life.places) if (place !== undefined) hold(history, report, place, asked);
    }
  }
};

function hold({ sends, quietNo }: IndexedHistory, report: Report, place: Place, asked: ReadonlySet<string>): void {
  const phantom = (why: string, no?: number): void => {
    report.counts.phantom++;
    const { life, seq } = place;
    report.violated(
      "I2",
      `${life.log.conv} ${life.epoch} ${seq}: ${why}`,
      place.store[0] ?? place.page[0] ?? first(place),
      no,
    );
  };
  const { log } = place.life;
  const isJudged = place.life === log.final && log.hasStore && place.firstNo < quietNo;
  if (isJudged && place.store.length === 0) phantom("seen, and not in the log");
  if (place.type === "meta") return;
  if (place.type === "member") {
    const some = place.members?.some(([user, role]) => asked.has(`${log.conv} ${user} ${role === null}`));
    if (some === false) phantom("a change of members that nobody asked for");
    return;
  }
  const send = sends.of(place);
  const [sent] = send?.invocations ?? [];
  if (send === undefined || sent === undefined) {
    phantom("nobody sent it");
  } else if (send.hash !== undefined && place.hash !== undefined && send.hash !== place.hash) {
    phantom("sent with another content", sent.no);
  } else if (place.firstNo < sent.no) {
    phantom("seen before it was sent", sent.no);
  }
}

function first({ firstNo }: Place): number | null {
  return Number.isFinite(firstNo) ? firstNo : null;
}

function changesAsked({ book }: IndexedHistory): ReadonlySet<string> {
  const asked = new Set<string>();
  book.each(["change"], ({ conv, members }) => {
    for (const [user, role] of members) asked.add(`${conv} ${user} ${role === null}`);
  });
  return asked;
}
