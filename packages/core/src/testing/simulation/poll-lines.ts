import { decodeFrame } from "@earshot/protocol";
import type { ConnectionLines } from "./connection-lines.ts";
import type { Answered } from "./light-http.ts";

/** Answers that say something of the connection; the strings of a body hold no such thing. */
const TELLING = /\{"t":"(?:welcome|drain|close)"/;
const GONE = 410;
/** What a session by polls ends with where nobody said why. */
const ABNORMAL = 1006;
const NORMAL = 1000;

/** Writes down the runs of polls of one life of a device as the connections that they are. */
export class PollLines {
  readonly #begin: () => ConnectionLines;
  readonly #sessions = new Map<string, ConnectionLines>();
  /** Polls that the network lost, or whose answer, and that were not answered since. */
  readonly #lost = new Set<string>();
  /** Sessions that had such a poll since they last had an answer: it may have said why it was the last. */
  readonly #unheard = new Set<string | null>();

  constructor(begin: () => ConnectionLines) {
    this.#begin = begin;
  }

  /** The device has sent its last poll, whose answer it does not wait for. */
  left(session: string): void {
    this.#sessions.get(session)?.closed(NORMAL, "device");
  }

  /** The network has lost a poll, or its answer. */
  lost({ session, body }: AskedPoll): void {
    this.#lost.add(`${session} ${body}`);
    this.#unheard.add(session);
  }

  /** An answer has arrived. */
  answered({ session, body }: AskedPoll, node: string, { status, text }: Answered): void {
    if (status === GONE && session !== null) {
      // an answer is kept until the next poll: without it nobody can go on
      const isLost = this.#lost.has(`${session} ${body}`) || this.#unheard.has(session);
      const side = isLost ? "network" : "gateway";
      this.#sessions.get(session)?.closed(ABNORMAL, side);
    }
    this.#lost.delete(`${session} ${body}`);
    this.#unheard.delete(session);
    if (status !== 200 || !TELLING.test(text)) return;
    const answer = decodeFrame(text) as unknown as { readonly frames?: readonly Told[] };
    let lines = session === null ? undefined : this.#sessions.get(session);
    for (const frame of answer.frames ?? []) {
      if (frame.t === "welcome" && session === null) {
        for (const earlier of this.#sessions.values()) earlier.closed(ABNORMAL, "device");
        lines = this.#begin();
        this.#sessions.set(frame.session ?? "", lines);
        lines.opened(node);
      }
      if (frame.t === "close") lines?.closed(frame.code ?? ABNORMAL, "gateway");
      else if (frame.t === "welcome" || frame.t === "drain") lines?.heard(JSON.stringify(frame));
    }
  }
}

/** A poll, by whose it is (null: of a session that begins) and what it says: its `k` first. */
export interface AskedPoll {
  readonly session: string | null;
  readonly body: string | null;
}

interface Told {
  readonly t: string;
  readonly session?: string;
  readonly code?: number;
}
