import type { ConversationId, Epoch, MessageId, Role, UserId } from "@earshot/protocol";
import type { SeenEvent } from "../history-line.ts";
import type { LineBook } from "./line-book.ts";
import type { Report } from "./report.ts";

/** What stands at one seq of one life of a log, as it was first told; the final log's word goes before all others. */
export interface Place {
  readonly life: Life;
  readonly seq: number;
  readonly type: string;
  readonly from: UserId;
  readonly cmid: MessageId | undefined;
  hash: string | undefined;
  /** With the hash. */
  stamp: string | undefined;
  readonly members: SeenEvent["members"];
  /** The first line that has it, that of the final log aside; infinite if there is none. */
  firstNo: number;
  /** Lines of the final log that have it. */
  readonly store: number[];
  readonly page: number[];
}

/** One life of a conversation's log. */
export interface Life {
  readonly log: Log;
  readonly epoch: Epoch;
  /** Where it stands among the lives that are known; -1: it belongs to none of them. */
  readonly index: number;
  /** The line of the rewind that began it; -1: it is the first. */
  readonly beganNo: number;
  /** The line of the rewind that ended it, and up to where the next life still has it. */
  endedNo: number;
  kept: number;
  /** By seq; where an earlier life's seq was kept, in the later one. */
  readonly places: (Place | undefined)[];
}

/** All that is known of one conversation's log. */
export class Log {
  readonly conv: ConversationId;
  readonly lives: Life[] = [];
  readonly #byEpoch = new Map<Epoch, Life>();
  /** Whether the final log was read from the store, and by pages. */
  hasStore = false;
  hasPages = false;
  wholeHistory = false;

  constructor(conv: ConversationId) {
    this.conv = conv;
  }

  /** The life that goes on; undefined where nothing at all was seen of it. */
  get final(): Life | undefined {
    return this.lives.at(-1);
  }

  /** The last seq of the final log; 0 where it was not read. */
  get head(): number {
    const places = this.final?.places ?? [];
    for (let seq = places.length - 1; seq > 0; seq--) if (places[seq]?.store.length) return seq;
    return 0;
  }

  begin(epoch: Epoch, beganNo: number): Life {
    const life = this.#life(epoch, this.lives.length, beganNo);
    this.lives.push(life);
    return life;
  }

  life(epoch: Epoch): Life | undefined {
    return this.#byEpoch.get(epoch);
  }

  /** That of an epoch which no rewind explains. */
  stray(epoch: Epoch): Life {
    return this.#life(epoch, -1, -1);
  }

  /** The last life that still has this seq. */
  survivor(life: Life, seq: number): Life {
    let at = life;
    while (at.index >= 0 && seq <= at.kept) {
      const next = this.lives[at.index + 1];
      if (next === undefined) break;
      at = next;
    }
    return at;
  }

  #life(epoch: Epoch, index: number, beganNo: number): Life {
    const endedNo = Number.POSITIVE_INFINITY;
    const life: Life = { log: this, epoch, index, beganNo, endedNo, kept: 0, places: [] };
    this.#byEpoch.set(epoch, life);
    return life;
  }
}

export type Logs = ReadonlyMap<ConversationId, Log>;

/** A member of a conversation becomes another: who, and what; null: none. */
export type RoleChange = readonly [seq: number, role: Role | null];

/** Every log by what was seen of it, with the lives that rewinds of the store gave it. What disagrees is told as I6, an epoch from nowhere as I19. */
export function readLogs(book: LineBook, report: Report): Logs {
  const logs = new Map<ConversationId, Log>();
  const of = (conv: ConversationId): Log => {
    const known = logs.get(conv);
    if (known !== undefined) return known;
    const log = new Log(conv);
    logs.set(conv, log);
    return log;
  };
  readRewinds(book, of, report);
  // a final log's epoch is the right one where no rewind has named any
  book.each(["log"], ({ conv, epoch, wholeHistory, as }) => {
    const log = of(conv);
    if (log.lives.length === 0) log.begin(epoch, -1);
    if (wholeHistory === true) log.wholeHistory = true;
    if (as === "store") log.hasStore = true;
    else log.hasPages = true;
  });
  const see = seer(of, report);
  book.each(["log"], (line, no) => {
    const place = see(line, no);
    place?.[line.as].push(no);
  });
  book.each(["deliver", "apply"], (line, no) => {
    const place = see(line, no);
    if (place !== undefined && no < place.firstNo) place.firstNo = no;
  });
  return logs;
}

function readRewinds(book: LineBook, of: (conv: ConversationId) => Log, report: Report): void {
  book.each(["rewind"], ({ epochs }, no) => {
    report.counts.rewinds++;
    for (const [conv, from, to, head] of epochs) {
      const log = of(conv);
      if (log.lives.length === 0) log.begin(from, -1);
      const ended = log.final as Life;
      if (ended.epoch !== from) {
        report.violated("I19", `${conv}: a rewind ended epoch ${from}, but ${ended.epoch} stood`, no);
      }
      ended.endedNo = no;
      ended.kept = to === "" ? 0 : head;
      log.begin(to, no);
    }
  });
}

/** Takes what a line saw into its log; undefined where another event stands there. */
function seer(of: (conv: ConversationId) => Log, report: Report) {
  // most lines are of the same log as the one before
  let life: Life | undefined;
  return (event: SeenEvent, no: number): Place | undefined => {
    const { conv, epoch, seq } = event;
    if (life?.log.conv !== conv || life.epoch !== epoch) life = lifeOf(of(conv), epoch, no, report);
    const { log } = life;
    if (life.beganNo > no) report.violated("I19", `${conv}: epoch ${epoch} was seen before it began`, no, life.beganNo);
    const stands = log.survivor(life, seq);
    const known = stands.places[seq];
    if (known === undefined) {
      const place = placeOf(stands, event);
      while (stands.places.length < seq) stands.places.push(undefined);
      stands.places[seq] = place;
      return place;
    }
    const differs = disagreement(known, event);
    if (differs === null) {
      if (known.hash === undefined) Object.assign(known, { hash: event.hash, stamp: event.stamp });
      return known;
    }
    const other = known.store[0] ?? known.page[0] ?? known.firstNo;
    report.violated("I6", `${conv} ${epoch} ${seq}: seen with two different ${differs}`, no, other);
    return undefined;
  };
}

function lifeOf(log: Log, epoch: Epoch, no: number, report: Report): Life {
  const known = log.life(epoch);
  if (known !== undefined) return known;
  if (log.lives.length === 0) return log.begin(epoch, -1);
  report.violated("I19", `${log.conv}: epoch ${epoch} was seen, and no rewind began it`, no);
  return log.stray(epoch);
}

function placeOf(life: Life, { seq, type, from, cmid, hash, stamp, members }: SeenEvent): Place {
  const firstNo = Number.POSITIVE_INFINITY;
  return { life, seq, type, from, cmid, hash, stamp, members, firstNo, store: [], page: [] };
}

/** In what an event differs from the one that stands there; a hash may be absent: the body was taken away, or is another by now. */
function disagreement(place: Place, event: SeenEvent): string | null {
  if (place.cmid !== event.cmid) return "ids";
  if (place.from !== event.from) return "senders";
  if (place.type !== event.type) return "types";
  if (place.hash !== undefined && event.hash !== undefined) {
    if (place.hash !== event.hash || place.stamp !== event.stamp) return "contents";
  }
  const [members, others] = [place.members, event.members];
  if (members !== others && members !== undefined && others !== undefined) {
    if (members.join(";") !== others.join(";")) return "members";
  }
  return null;
}
