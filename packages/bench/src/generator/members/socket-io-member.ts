import { sourceAddress } from "../source-address.ts";
import { WsLine } from "../ws-line.ts";
import { BODY, type Member, type MemberAddress, type MemberEvents } from "./member.ts";

const PATH = "/socket.io/?EIO=4&transport=websocket";
/** `2`: a ping of Engine.IO; `42…`: an event of Socket.IO, with a number where it asks for an acknowledgement. */
const [PING, MESSAGE, BRACKET] = [..."24["].map((letter) => letter.charCodeAt(0));

/** A client of Socket.IO's, by its protocol (version 5 over Engine.IO 4), texts alone. */
export class SocketIoMember implements Member {
  readonly index: number;
  readonly answers = false;
  readonly echoes = false;
  delivered = 0;
  answered = 0;
  readonly #line: WsLine;

  private constructor(index: number, line: WsLine) {
    this.index = index;
    this.#line = line;
  }

  static async connect({ port, index, conversation }: MemberAddress, events: MemberEvents): Promise<SocketIoMember> {
    const line = await WsLine.open({ port, path: PATH, subprotocol: null, from: sourceAddress(index) });
    await line.until("0{");
    line.text("40");
    await line.until("40{");
    line.text(`420${JSON.stringify(["join", conversation])}`);
    await line.until("430");
    const member = new SocketIoMember(index, line);
    line.onText = (bytes, start) => member.#take(bytes, start, events);
    line.onClose = (code) => events.onTrouble(`connection ended with ${code}`);
    return member;
  }

  send(conversation: string): void {
    this.#line.text(`42["message","${conversation}",${BODY}]`);
  }

  end(): void {
    this.#line.end();
  }

  #take(bytes: Buffer, start: number, events: MemberEvents): void {
    if (bytes[start] === PING) {
      this.#line.text("3");
    } else if (bytes[start] === MESSAGE && bytes[start + 1] === PING) {
      this.delivered++;
      events.onDelivery(this);
      if (bytes[start + 2] !== BRACKET)
        this.#line.text(`43${bytes.toString("latin1", start + 2, bytes.indexOf("[", start))}[]`);
    } else {
      events.onTrouble(`unexpected ${bytes.toString("utf8", start, start + 40)}`);
    }
  }
}
