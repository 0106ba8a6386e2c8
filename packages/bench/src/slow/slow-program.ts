// A large conversation, some of whose members stop reading: a process of its own, asked by scenarios/slow.ts.
import { SUBPROTOCOL } from "@earshot/protocol";
import { Latencies } from "../generator/latencies.ts";
import { connectMembers } from "../generator/members/connect-member.ts";
import type { Member, MemberEvents } from "../generator/members/member.ts";
import { pace } from "../generator/pace.ts";
import { sourceAddress } from "../generator/source-address.ts";
import { becomes } from "../generator/wait.ts";
import { WsLine } from "../generator/ws-line.ts";
import { answerQuestions } from "../machine/answer.ts";
import { conversationName, userName } from "../population.ts";
import type { SlowLatencies, SlowQuestion } from "./slow-question.ts";

const CONVERSATION = conversationName(0);
const ARRIVED_WITHIN_MS = 10_000;

/** Members that read, and lines of those that will not. */
class Crowd implements MemberEvents {
  readonly #sentAt: number[] = [];
  #readers: readonly Member[] = [];
  #stoppable: WsLine[] = [];
  #sender: WsLine | null = null;
  #latencies = new Latencies();
  #trouble: string | null = null;

  /** A hundredth of them can be stopped. */
  async connect(port: number, readers: number): Promise<void> {
    const stoppable = Math.ceil(readers / 100);
    const address = (index: number) => ({ port, index, user: userName(index), conversation: CONVERSATION });
    const addresses = Array.from({ length: readers - stoppable }, (_, index) => address(index + 1));
    this.#readers = await connectMembers("earshot", addresses, this);
    for (let index = readers - stoppable + 1; index <= readers; index++) {
      this.#stoppable.push(await this.#openLine(port, index));
    }
    this.#sender = await this.#openLine(port, 0);
  }

  stop(readers: number): void {
    for (const line of this.#stoppable.splice(0, readers)) line.stopReading();
  }

  async send(perSecond: number, bodyChars: number, ms: number): Promise<SlowLatencies> {
    this.#latencies = new Latencies();
    const text = "x".repeat(bodyChars);
    const endAt = performance.now() + ms;
    const sendOne = (): void => {
      const id = `01J${String(this.#sentAt.length).padStart(23, "0")}`;
      this.#sentAt.push(performance.now());
      this.#sender?.text(JSON.stringify({ t: "send", id, c: CONVERSATION, type: "message", body: { text } }));
    };
    await pace(perSecond, sendOne, () => this.#trouble !== null || performance.now() > endAt);
    const sent = this.#sentAt.length;
    await becomes(
      () => this.#trouble !== null || this.#readers.every(({ delivered }) => delivered === sent),
      ARRIVED_WITHIN_MS,
    );
    if (this.#trouble !== null) throw new Error(this.#trouble);
    const behind = this.#readers.find(({ delivered }) => delivered !== sent);
    if (behind) throw new Error(`${sent} were sent, ${behind.delivered} reached reader ${behind.index}`);
    return this.#latencies.figures();
  }

  onDelivery(member: Member): void {
    this.#latencies.add(performance.now() - (this.#sentAt[member.delivered - 1] ?? 0));
  }

  onAnswer(): void {}

  onTrouble(why: string): void {
    this.#trouble ??= why;
  }

  /** A device that acknowledges with every ping, as long as it reads. */
  async #openLine(port: number, index: number): Promise<WsLine> {
    const line = await WsLine.open({ port, path: "/chat/ws", subprotocol: SUBPROTOCOL, from: sourceAddress(index) });
    line.text(JSON.stringify({ t: "hello", v: 1, token: userName(index), device: `d${index}`, k: 1 }));
    await line.until('{"t":"welcome"');
    line.text(JSON.stringify({ t: "subscribe", id: "s", c: CONVERSATION }));
    await line.until('{"t":"subscribed"');
    let events = 0;
    line.onText = (bytes, start, end) => {
      if (!bytes.toString("latin1", start, end).startsWith('{"t":"event"')) return;
      line.text(`{"t":"ack","n":${++events}}`);
    };
    line.onClose = () => {};
    return line;
  }
}

const crowd = new Crowd();

answerQuestions(async (question: SlowQuestion) => {
  if ("connect" in question) return crowd.connect(question.connect.port, question.connect.readers);
  if ("stop" in question) return crowd.stop(question.stop.readers);
  const { perSecond, bodyChars, ms } = question.send;
  return crowd.send(perSecond, bodyChars, ms);
});
