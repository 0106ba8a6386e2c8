import {
  type HaveEntry,
  type InboxFrame,
  type PongFrame,
  parseJson,
  SUBPROTOCOL,
  type WelcomeFrame,
} from "@earshot/protocol";
import { VoidRun } from "../../scenario.ts";
import { sourceAddress } from "../source-address.ts";
import { WsLine } from "../ws-line.ts";
import type { Returning } from "./returning.ts";

const A_SEQ = Buffer.from('"seq":');
const EVENTS = '{"t":"events"';
/** What nobody may get who comes back in time, with cursors that hold. */
const NEVER = /^\{"t":"(error|lagging|again)"|"resumed":false|"reset":true|"gone":true|"more":true/;

export interface EarshotReturningAddress {
  readonly port: number;
  readonly index: number;
  readonly user: string;
  /** Events in each of its conversations that it lacks when it comes back; the logs are as long at least. */
  readonly behind: number;
}

/** A device that comes back by `resume`, with the cursors of all its conversations. */
export class EarshotReturning implements Returning {
  readonly #address: EarshotReturningAddress;
  spreadMs = 0;
  onLost: (why: string) => void = () => {};
  #line: WsLine | null = null;
  #resume = "";
  #have: readonly HaveEntry[] = [];
  #attempt = 0;

  constructor(address: EarshotReturningAddress) {
    this.#address = address;
  }

  async enter(): Promise<void> {
    const line = await this.#open();
    this.#hello(line, { token: this.#address.user });
    const { spread } = parseJson(await line.until('{"t":"welcome"')) as WelcomeFrame;
    this.spreadMs = spread;
    line.text('{"t":"inbox","id":"i","cursor":null,"limit":200}');
    const { conversations } = parseJson(await line.until('{"t":"inbox"')) as InboxFrame;
    const { behind } = this.#address;
    this.#have = conversations.flatMap((row) =>
      "head" in row ? [[row.c, row.epoch, row.head - behind] as const] : [],
    );
    this.#keep(line);
  }

  async prepare(): Promise<void> {
    const line = this.#line;
    if (line === null) throw new VoidRun("a client was lost before the server was");
    line.text('{"t":"ping","n":0}');
    const { resume, spread } = parseJson(await line.until('{"t":"pong"')) as PongFrame;
    this.#resume = resume;
    this.spreadMs = spread ?? this.spreadMs;
    this.#keep(line);
  }

  async comeBack(): Promise<void> {
    const line = await this.#open();
    const caughtUp = this.#caughtUp(line);
    this.#hello(line, { resume: this.#resume, have: this.#have });
    await caughtUp;
    this.#keep(line);
  }

  end(): void {
    this.#line?.end();
  }

  #open(): Promise<WsLine> {
    const { port, index } = this.#address;
    return WsLine.open({ port, path: "/chat/ws", subprotocol: SUBPROTOCOL, from: sourceAddress(index) });
  }

  #hello(line: WsLine, more: object): void {
    line.text(JSON.stringify({ t: "hello", v: 1, device: `d${this.#address.index}`, k: ++this.#attempt, ...more }));
  }

  /** From now on only the end of the connection matters. */
  #keep(line: WsLine): void {
    this.#line = line;
    line.onText = () => {};
    line.onClose = (code) => {
      this.#line = null;
      this.onLost(`connection ended with ${code}`);
    };
  }

  /** Resolves when it is welcome, a page has come of each conversation in which it lacks events, and in them all of these. */
  #caughtUp(line: WsLine): Promise<void> {
    const { behind } = this.#address;
    let pages = behind === 0 ? 0 : this.#have.length;
    let events = pages * behind;
    return new Promise((resolve, reject) => {
      line.onClose = (code) => reject(new Error(`connection ended with ${code} while it caught up`));
      line.onText = (bytes, start, end) => {
        const text = bytes.toString("latin1", start, end);
        if (NEVER.test(text)) reject(new VoidRun(text.slice(0, 200)));
        if (text.startsWith(EVENTS)) {
          pages--;
          events -= seqsIn(bytes, start, end);
        }
        if (pages > 0) return;
        if (events === 0) resolve();
        else reject(new VoidRun(`a client lacks ${events} events`));
      };
    });
  }
}

function seqsIn(bytes: Buffer, start: number, end: number): number {
  let seqs = 0;
  for (let at = bytes.indexOf(A_SEQ, start); at !== -1 && at < end; at = bytes.indexOf(A_SEQ, at + 1)) seqs++;
  return seqs;
}
