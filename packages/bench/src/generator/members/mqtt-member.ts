import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { sourceAddress } from "../source-address.ts";
import { BODY, type Member, type MemberAddress, type MemberEvents } from "./member.ts";

/** Types of packets, in the upper half of their first byte (MQTT 3.1.1, 2.2.1). */
const CONNACK = 2;
const PUBLISH = 3;
const PUBACK = 4;
const SUBACK = 9;
const NOTHING = Buffer.alloc(0);

/** A client of MQTT 3.1.1 at QoS 1 with a clean session. Who sends does not subscribe: brokers give senders their own. */
export class MqttMember implements Member {
  readonly index: number;
  readonly answers = true;
  readonly echoes = true;
  delivered = 0;
  answered = 0;
  readonly #socket: Socket;
  #rest: Buffer = NOTHING;
  #lastId = 0;
  #onPacket: (type: number, bytes: Buffer, start: number, end: number) => void = () => {};

  private constructor(index: number, socket: Socket) {
    this.index = index;
    this.#socket = socket;
  }

  static async connect(
    { port, index, conversation }: MemberAddress,
    events: MemberEvents,
    subscribes: boolean,
  ): Promise<MqttMember> {
    const socket = connect({ port, host: "127.0.0.1", localAddress: sourceAddress(index), noDelay: true });
    await once(socket, "connect");
    const member = new MqttMember(index, socket);
    socket.on("data", (chunk: Buffer) => member.#take(chunk));
    socket.on("error", (error) => events.onTrouble(error.message));
    const connecting = [...text("MQTT"), 4, 0x02, 0, 0, ...text(`d${index}`)];
    await member.#answered(CONNACK, Buffer.from([0x10, connecting.length, ...connecting]));
    if (subscribes) {
      const topic = [0, 1, ...text(conversation), 1];
      await member.#answered(SUBACK, Buffer.from([0x82, topic.length, ...topic]));
    }
    member.#onPacket = (type, bytes, start) => member.#receive(type, bytes, start, events);
    socket.on("close", () => events.onTrouble("connection ended"));
    return member;
  }

  send(conversation: string): void {
    this.#lastId = (this.#lastId % 65_535) + 1;
    const content = Buffer.concat([
      Buffer.from(text(conversation)),
      Buffer.from([this.#lastId >> 8, this.#lastId & 0xff]),
      Buffer.from(BODY),
    ]);
    const { length } = content;
    const header = length < 128 ? [0x32, length] : [0x32, (length & 0x7f) | 0x80, length >> 7];
    this.#socket.write(Buffer.concat([Buffer.from(header), content]));
  }

  end(): void {
    this.#socket.removeAllListeners("close");
    this.#socket.destroy();
  }

  #answered(type: number, packet: Buffer): Promise<void> {
    return new Promise((resolve) => {
      this.#onPacket = (came) => {
        if (came === type) resolve();
      };
      this.#socket.write(packet);
    });
  }

  #receive(type: number, bytes: Buffer, start: number, events: MemberEvents): void {
    if (type === PUBLISH) {
      const id = start + 2 + bytes.readUInt16BE(start);
      this.#socket.write(Buffer.from([0x40, 2, bytes[id] ?? 0, bytes[id + 1] ?? 0]));
      this.delivered++;
      events.onDelivery(this);
    } else if (type === PUBACK) {
      this.answered++;
      events.onAnswer(this);
    }
  }

  /** Cuts packets out of what comes; what they cause to be written goes out in one piece. */
  #take(chunk: Buffer): void {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    this.#socket.cork();
    for (;;) {
      const packet = packetAt(bytes, at);
      if (packet === null) break;
      this.#onPacket((bytes[at] ?? 0) >> 4, bytes, packet.start, packet.end);
      at = packet.end;
    }
    this.#socket.uncork();
    this.#rest = at === bytes.length ? NOTHING : bytes.subarray(at);
  }
}

function text(value: string): number[] {
  return [value.length >> 8, value.length & 0xff, ...Buffer.from(value)];
}

/** Where the packet that begins at `at` has its content; null while it has not come whole. */
function packetAt(bytes: Buffer, at: number): { readonly start: number; readonly end: number } | null {
  let length = 0;
  for (let place = 0; place < 4; place++) {
    const byte = bytes[at + 1 + place];
    if (byte === undefined) return null;
    length += (byte & 0x7f) << (7 * place);
    if (byte < 128) {
      const start = at + 2 + place;
      return start + length <= bytes.length ? { start, end: start + length } : null;
    }
  }
  throw new Error("that is no packet of MQTT");
}
