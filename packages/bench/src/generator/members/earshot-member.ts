import { LIMITS, parseJson, SUBPROTOCOL } from "@earshot/protocol";
import { sourceAddress } from "../source-address.ts";
import { WsLine } from "../ws-line.ts";
import { type Acking, AckSweep } from "./ack-sweep.ts";
import { BODY, type Member, type MemberAddress, type MemberEvents } from "./member.ts";

const ACK_WITHIN_MS = 1_000;
/** Where the types of frames differ: behind `{"t":"`. */
const TYPE_AT = 6;
const [LETTER_E, LETTER_V, LETTER_S, LETTER_N] = [..."evsn"].map((letter) => letter.charCodeAt(0));

let sweep: AckSweep | null = null;

interface Welcome {
  readonly heartbeat: number;
  /** Where the gateway says how often it wants to hear. */
  readonly ackEvery?: number;
}

/** A device of Earshot's: signed in, subscribed, acknowledging cumulatively as it was told to. */
export class EarshotMember implements Member, Acking {
  readonly index: number;
  readonly answers = true;
  readonly echoes = false;
  delivered = 0;
  answered = 0;
  unacked = 0;
  readonly #line: WsLine;
  readonly #ackEvery: number;
  #sends = 0;
  #pings: NodeJS.Timeout | null = null;

  private constructor(index: number, line: WsLine, ackEvery: number) {
    this.index = index;
    this.#line = line;
    this.#ackEvery = ackEvery;
  }

  static async connect(address: MemberAddress, events: MemberEvents): Promise<EarshotMember> {
    const { port, index, user, conversation } = address;
    const line = await WsLine.open({ port, path: "/chat/ws", subprotocol: SUBPROTOCOL, from: sourceAddress(index) });
    line.text(JSON.stringify({ t: "hello", v: 1, token: user, device: `d${index}`, k: 1 }));
    const welcome = parseJson(await line.until('{"t":"welcome"')) as unknown as Welcome;
    line.text(JSON.stringify({ t: "subscribe", id: "s", c: conversation }));
    await line.until('{"t":"subscribed"');
    const member = new EarshotMember(index, line, welcome.ackEvery ?? LIMITS.ackEveryFrames);
    sweep ??= new AckSweep(ACK_WITHIN_MS);
    member.#pings = setInterval(() => line.text(`{"t":"ping","n":${member.delivered}}`), welcome.heartbeat).unref();
    line.onText = (bytes, start, end) => member.#take(bytes, start, end, events);
    line.onClose = (code) => events.onTrouble(`connection ended with ${code}`);
    return member;
  }

  send(conversation: string): void {
    const id = `01J${String(++this.#sends).padStart(23, "0")}`;
    this.#line.text(`{"t":"send","id":"${id}","c":"${conversation}","type":"message","body":${BODY}}`);
  }

  acknowledge(): void {
    this.unacked = 0;
    this.#line.text(`{"t":"ack","n":${this.delivered}}`);
  }

  end(): void {
    if (this.#pings !== null) clearInterval(this.#pings);
    this.#line.end();
  }

  #take(bytes: Buffer, start: number, end: number, events: MemberEvents): void {
    const first = bytes[start + TYPE_AT];
    const second = bytes[start + TYPE_AT + 1];
    if (first === LETTER_E && second === LETTER_V) {
      this.delivered++;
      this.unacked++;
      if (this.unacked === 1) sweep?.add(this);
      else if (this.unacked >= this.#ackEvery) this.acknowledge();
      events.onDelivery(this);
    } else if (first === LETTER_S && bytes[start + TYPE_AT + 2] === LETTER_N) {
      this.answered++;
      events.onAnswer(this);
    } else if (first !== undefined) {
      const text = bytes.toString("utf8", start, end);
      if (/^\{"t":"(error|again|lagging|events)"/.test(text)) events.onTrouble(text.slice(0, 300));
    }
  }
}
