import type { ConversationId, MessageId, UserId } from "@earshot/protocol";
import type { LineBook } from "./line-book.ts";
import type { Life, Logs, Place } from "./logs.ts";

/** An answer that says where it stands. `life`: the last one that still has it there; undefined: of an epoch from nowhere. */
export interface Answer {
  readonly no: number;
  readonly t: number;
  readonly p: string;
  readonly seq: number;
  readonly life: Life | undefined;
  /** The life in which it was numbered. */
  readonly numbered: Life | undefined;
}

export interface Invocation {
  readonly no: number;
  readonly t: number;
  readonly p: string;
}

export interface Refusal {
  readonly no: number;
  readonly code: string;
}

/** One send, under its key, over all its repeats. */
export interface Send {
  readonly conv: ConversationId;
  readonly user: UserId;
  readonly dev: string;
  readonly cmid: MessageId;
  hash: string | undefined;
  readonly invocations: Invocation[];
  readonly answers: Answer[];
  /** As the device heard of them. */
  readonly refusals: Refusal[];
  /** Lines in which a gateway refused it for good, heard of or not. */
  readonly denied: number[];
  /** Lines that say that nobody knows. */
  readonly unknown: number[];
  /** Where it was seen, in whatever life of the log. */
  readonly places: Place[];
}

/** Every send, also those that were never invoked but answered. */
export class Sends {
  readonly all: Send[] = [];
  readonly #byKey = new Map<string, Send>();

  constructor(book: LineBook, logs: Logs) {
    book.each(["invoke", "ok", "fail", "info", "refused"], (line, no) => {
      if (line.ev === "refused") {
        this.#byKey.get(`${line.conv} ${line.user} ${line.cmid}`)?.denied.push(no);
        return;
      }
      const send = this.#make(line.conv, line.user, line.cmid, line.dev);
      const { p, t } = line;
      if (line.ev === "invoke") {
        send.hash ??= line.hash;
        send.invocations.push({ no, t, p });
      } else if (line.ev === "fail") send.refusals.push({ no, code: line.code });
      else if (line.ev === "info") send.unknown.push(no);
      else {
        const log = logs.get(line.conv);
        const numbered = log?.life(line.epoch);
        const life = numbered && log?.survivor(numbered, line.seq);
        send.answers.push({ no, t, p, seq: line.seq, life, numbered });
      }
    });
    for (const log of logs.values()) {
      for (const life of log.lives) {
        for (const place of life.places) if (place?.cmid !== undefined) this.of(place)?.places.push(place);
      }
    }
  }

  /** Whose event this is. */
  of(place: Place): Send | undefined {
    return this.#byKey.get(`${place.life.log.conv} ${place.from} ${place.cmid}`);
  }

  #make(conv: ConversationId, user: UserId, cmid: MessageId, dev: string): Send {
    const key = `${conv} ${user} ${cmid}`;
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const lists = { invocations: [], answers: [], refusals: [], denied: [], unknown: [], places: [] };
    const send: Send = { conv, user, dev, cmid, hash: undefined, ...lists };
    this.#byKey.set(key, send);
    this.all.push(send);
    return send;
  }
}

/** Where a send stands in a life of its log, by its answer or by who saw it. */
export function seqIn(send: Send, life: Life): number | null {
  for (const answer of send.answers) if (answer.life === life) return answer.seq;
  for (const place of send.places) if (place.life === life) return place.seq;
  return null;
}

/** The invocation that counts: the first behind the last refusal for good, since what was refused has not happened. */
export function effective(send: Send): Invocation | null {
  const refused = send.refusals.at(-1)?.no ?? -1;
  return send.invocations.find(({ no }) => no > refused) ?? send.invocations.at(-1) ?? null;
}
