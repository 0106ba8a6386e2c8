import {
  type ClientFrame,
  type EventFrame,
  type GatewayFrame,
  type HelloFrame,
  type MessageId,
  PROTOCOL_VERSION,
  type SentFrame,
  type UserId,
  type WelcomeFrame,
} from "@earshot/protocol";
import type { ConnectionPair } from "./connection-pair.ts";

type FrameOf<T extends GatewayFrame["t"]> = Extract<GatewayFrame, { readonly t: T }>;

/** A client at frame level: says what a test tells it to, and nothing by itself; it acknowledges nothing unasked. */
export class TestClient {
  readonly pair: ConnectionPair;
  readonly #settle: () => Promise<void>;

  /** `settle`: lets everything happen that happens without time going on. */
  constructor(pair: ConnectionPair, settle: () => Promise<void>) {
    this.pair = pair;
    this.#settle = settle;
  }

  get received(): readonly GatewayFrame[] {
    return this.pair.received;
  }

  /** The code it was closed with; null: it is open. */
  get closedWith(): number | null {
    return this.pair.closed?.code ?? null;
  }

  get welcome(): WelcomeFrame | undefined {
    return this.of("welcome")[0];
  }

  /** Frames of one type that have arrived, oldest first. */
  of<T extends GatewayFrame["t"]>(t: T): readonly FrameOf<T>[] {
    return this.received.filter((frame): frame is FrameOf<T> => frame.t === t);
  }

  /** Events of one conversation that have arrived as counted frames, oldest first. */
  events(c: string): readonly EventFrame[] {
    return this.of("event").filter((event) => event.c === c);
  }

  /** Says `hello` with the user's id as token, unless another is given, and waits for what comes of it. */
  async hello(user: UserId, fields: Partial<HelloFrame> = {}): Promise<this> {
    return this.say({ t: "hello", v: PROTOCOL_VERSION, token: user, device: `${user}-1`, ...fields });
  }

  /** Writes frames and waits for what comes of them. */
  async say(...frames: readonly ClientFrame[]): Promise<this> {
    this.pair.send(...frames);
    await this.#settle();
    return this;
  }

  /** Writes a frame and gives its answer. Throws if none has come. */
  async ask<T extends GatewayFrame["t"]>(frame: ClientFrame & { readonly id: string }, t: T): Promise<FrameOf<T>> {
    const before = this.received.length;
    await this.say(frame);
    const answer = this.received.slice(before).find((given) => "id" in given && given.id === frame.id);
    if (answer?.t !== t)
      throw new Error(`${frame.t} was answered by ${answer === undefined ? "nothing" : JSON.stringify(answer)}`);
    return answer as FrameOf<T>;
  }

  /** Sends a text message and gives its `sent`. */
  send(c: string, id: MessageId, text: string = id): Promise<SentFrame> {
    return this.ask({ t: "send", id, c, type: "message", body: { text } }, "sent");
  }
}
