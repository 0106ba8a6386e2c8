import { sourceAddress } from "../source-address.ts";
import { WsLine } from "../ws-line.ts";
import { type Acking, AckSweep } from "./ack-sweep.ts";
import { BODY, type Member, type MemberAddress, type MemberEvents } from "./member.ts";

const ACK_EVERY = 16;
const ACK_WITHIN_MS = 50;

let sweep: AckSweep | null = null;

/** A user of the servers on bare `ws`; `acks`: acknowledges cumulatively. */
export class RawMember implements Member, Acking {
  readonly index: number;
  readonly answers = false;
  readonly echoes = false;
  delivered = 0;
  answered = 0;
  unacked = 0;
  readonly #line: WsLine;

  private constructor(index: number, line: WsLine) {
    this.index = index;
    this.#line = line;
  }

  static async connect(
    { port, index, conversation }: MemberAddress,
    events: MemberEvents,
    acks: boolean,
  ): Promise<RawMember> {
    const line = await WsLine.open({ port, path: "/", subprotocol: null, from: sourceAddress(index) });
    const member = new RawMember(index, line);
    line.text(JSON.stringify({ t: "join", c: conversation }));
    await line.until('{"t":"joined"');
    if (acks) sweep ??= new AckSweep(ACK_WITHIN_MS);
    line.onText = () => {
      member.delivered++;
      events.onDelivery(member);
      if (acks) member.#count();
    };
    line.onClose = (code) => events.onTrouble(`connection ended with ${code}`);
    return member;
  }

  send(conversation: string): void {
    this.#line.text(`{"t":"send","c":"${conversation}","body":${BODY}}`);
  }

  acknowledge(): void {
    this.unacked = 0;
    this.#line.text(`{"t":"ack","n":${this.delivered}}`);
  }

  end(): void {
    this.#line.end();
  }

  #count(): void {
    this.unacked++;
    if (this.unacked === 1) sweep?.add(this);
    else if (this.unacked === ACK_EVERY) this.acknowledge();
  }
}
