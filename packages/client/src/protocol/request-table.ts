import { ChatError, encodeFrame, type GatewayFrame, type RequestId } from "@earshot/protocol";
import type { Clock, Timer } from "../ports/clock.ts";
import type { Answers, Ask, Gateway, Requests } from "../ports/gateway.ts";
import { refusalOf } from "../refusal.ts";

/** Longest wait for an answer on a connection that is otherwise well, in ms. */
const ANSWER_WITHIN_MS = 15_000;

type Request = Requests[keyof Requests];
type Answer = Answers[keyof Answers];

const ANSWERED_BY: Readonly<Record<keyof Answers, readonly Answer["t"][]>> = {
  fetch: ["events"],
  inbox: ["inbox"],
  subscribe: ["subscribed", "presence"],
  unsubscribe: ["unsubscribed"],
};

interface Pending {
  readonly t: keyof Answers;
  readonly since: number;
  readonly timer: Timer;
  readonly done: (answer: Answer | ChatError) => void;
}

/** What the table needs of the connection. */
export interface RequestLink {
  readonly open: boolean;
  readonly stoppedBy: ChatError | null;
  want(): void;
  /** Sends an encoded frame that wants an answer. */
  tellAwaited(text: string): void;
}

/** The gateway as the rooms see it; and the requests of this session that have no answer yet, each with its deadline. */
export class RequestTable implements Gateway {
  readonly #clock: Clock;
  readonly #link: RequestLink;
  readonly #pending = new Map<RequestId, Pending>();
  #made = 0;

  constructor(clock: Clock, link: RequestLink) {
    this.#clock = clock;
    this.#link = link;
  }

  get open(): boolean {
    return this.#link.open;
  }

  get stopped(): ChatError | null {
    return this.#link.stoppedBy;
  }

  want(): void {
    this.#link.want();
  }

  /** Monotonic time of the oldest; null if nothing is asked. */
  get since(): number | null {
    for (const pending of this.#pending.values()) return pending.since;
    return null;
  }

  /** Fails with `offline` without a session, or when it ends; with `timeout` after 15 s; else with the gateway's code. */
  readonly ask: Ask = (request, done) => {
    if (!this.open) {
      done(new ChatError("offline", "unable to ask; not connected"));
      return;
    }
    // the tilde keeps these ids apart from those of messages, which an application may choose
    const id = `~${++this.#made}`;
    const timer = this.#clock.after(ANSWER_WITHIN_MS, () => {
      this.#settle(id, new ChatError("timeout", `unable to ${request.t}; no answer`));
    });
    this.#pending.set(id, { t: request.t, since: this.#clock.monotonic(), timer, done: done as Pending["done"] });
    this.#link.tellAwaited(encodeFrame({ ...request, id } as Request & { readonly id: RequestId }));
  };

  /** Takes a frame if it answers a request. */
  takes(frame: GatewayFrame): boolean {
    const id = "id" in frame ? frame.id : undefined;
    const pending = id === undefined ? undefined : this.#pending.get(id);
    if (id === undefined || pending === undefined) return false;
    if (frame.t !== "error" && !(ANSWERED_BY[pending.t] as readonly string[]).includes(frame.t)) return false;
    this.#settle(id, frame.t === "error" ? refusalOf(frame) : (frame as Answer));
    return true;
  }

  /** The session is over: nothing will be answered. */
  lost(): void {
    for (const id of [...this.#pending.keys()]) {
      this.#settle(id, new ChatError("offline", "unable to wait for an answer; the connection was lost"));
    }
  }

  #settle(id: RequestId, answer: Answer | ChatError): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    pending?.timer.cancel();
    pending?.done(answer);
  }
}
