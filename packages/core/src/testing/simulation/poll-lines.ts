import { decodeFrame } from "@earshot/protocol";
import type { ConnectionLines } from "./connection-lines.ts";
import type { Answered } from "./light-http.ts";

/** Answers that say something of the connection; the strings of a body hold no such thing. */
const TELLING = /\{"t":"(?:welcome|drain|close)"/;
const GONE = 410;
/** What a session by polls ends with where nobody said why. */
const ABNORMAL = 1006;

/** Writes down the runs of polls of one life of a device as the connections that they are. */
export class PollLines {
  readonly #begin: () => ConnectionLines;
  readonly #sessions = new Map<string, ConnectionLines>();

  constructor(begin: () => ConnectionLines) {
    this.#begin = begin;
  }

  /** An answer has arrived. `session`: whose it is; null: of one that begins. */
  answered(session: string | null, node: string, { status, text }: Answered): void {
    if (status === GONE && session !== null) this.#sessions.get(session)?.closed(ABNORMAL, "gateway");
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

interface Told {
  readonly t: string;
  readonly session?: string;
  readonly code?: number;
}
