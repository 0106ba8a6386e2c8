import { type ConversationId, decodeFrame, type MessageId } from "@earshot/protocol";
import type { WriteLine } from "./fault-counts.ts";
import type { PlannedDevice } from "./plan.ts";
import type { SimulatedTime } from "./time.ts";

const REFUSAL = '{"t":"error"';

/** Sends of one device that gateways refuse for good, written down as the gateway says so: the device may never hear it. */
export class RefusedLines {
  readonly #time: SimulatedTime;
  readonly #write: WriteLine;
  readonly #device: PlannedDevice;

  constructor(time: SimulatedTime, write: WriteLine, device: PlannedDevice) {
    this.#time = time;
    this.#write = write;
    this.#device = device;
  }

  /** Frames of a WebSocket. */
  frames(node: string, texts: readonly string[]): void {
    for (const text of texts) if (text.startsWith(REFUSAL)) this.#note(node, decodeFrame(text) as unknown as Told);
  }

  /** The answer to a poll. */
  answer(node: string, text: string): void {
    if (!text.includes(REFUSAL)) return;
    const { frames = [] } = decodeFrame(text) as unknown as { readonly frames?: readonly Told[] };
    for (const frame of frames) if (frame.t === "error") this.#note(node, frame);
  }

  #note(node: string, { id, c, code = "", retry }: Told): void {
    if (id === undefined || c === undefined || retry !== undefined) return;
    const { name: dev, user } = this.#device;
    this.#write({ t: this.#time.now, p: node, ev: "refused", dev, user, conv: c, cmid: id, code });
  }
}

interface Told {
  readonly t: string;
  readonly id?: MessageId;
  readonly c?: ConversationId;
  readonly code?: string;
  readonly retry?: number;
}
