import { type ChatError, type ConversationId, isChatError, type Role, type SubscribedFrame } from "@earshot/protocol";
import { Alarm } from "../alarm.ts";
import { waitAfter } from "../jitter.ts";
import type { Clock } from "../ports/clock.ts";
import type { Gateway } from "../ports/gateway.ts";
import type { Random } from "../ports/random.ts";

/** Time in which a subscription that `have` asked for is to be answered, and one that ended to be called so, in ms: as long as a question has. */
const TOLD_WITHIN_MS = 15_000;

/** What a subscription needs of its conversation. */
export interface SubscriptionHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly gateway: Gateway;
  /** Whether it should stand. */
  wanted(): boolean;
  /** It stands. */
  onSubscribed(frame: SubscribedFrame): void;
  /** The conversation is not the user's. */
  onDenied(error: ChatError): void;
  /** Whether all is heard may be another now. */
  onChange(): void;
}

/** One conversation's subscription: asked for until it stands or cannot, in each session anew. */
export class Subscription {
  readonly #conversation: ConversationId;
  readonly #host: SubscriptionHost;
  /** Whether the gateway was asked last to have it. */
  #asked = false;
  /** Set while it was refused for now, or `have` asked and was not answered yet. */
  readonly #again: Alarm;
  /** Whether this session has told how far the log reaches. */
  told = false;

  constructor(conversation: ConversationId, host: SubscriptionHost) {
    this.#conversation = conversation;
    this.#host = host;
    this.#again = new Alarm(host.clock);
  }

  /** Whether what is not here would be heard of. */
  get hears(): boolean {
    return this.told && !this.#again.isSet;
  }

  /** A session began; `named`: its `have` has asked. */
  welcomed(named: boolean): void {
    this.#asked = named;
    if (named) this.#askIn(TOLD_WITHIN_MS);
    else this.#again.cancel();
    this.keep();
  }

  /** It stands, from `have` on. */
  subscribed(): void {
    this.told = true;
    this.#again.cancel();
  }

  /** The session ended, or the gateway ended it with the membership. */
  ended(): void {
    this.#asked = false;
    this.#again.cancel();
  }

  /**
   * An event says what the user is from now on: a member, none (null), or what they were (undefined). Of who is none
   * the gateway says that it is gone; where that word was lost, asking tells.
   */
  changed(role: Role | null | undefined): void {
    if (role === null) {
      this.#asked = false;
      this.#askIn(TOLD_WITHIN_MS);
    } else if (role !== undefined) this.keep();
  }

  stop(): void {
    this.#again.cancel();
  }

  /** Asks for it, or for its end, if it is not as wanted. */
  keep(): void {
    const { gateway, wanted, onSubscribed } = this.#host;
    const asks = wanted();
    if (!gateway.open || asks === this.#asked) return;
    this.#asked = asks;
    const c = this.#conversation;
    if (!asks) {
      gateway.ask({ t: "unsubscribe", c }, () => {});
      return;
    }
    gateway.ask({ t: "subscribe", c }, (answer) => {
      if (isChatError(answer)) this.#refused(answer);
      else if (answer.t === "subscribed") onSubscribed(answer);
    });
  }

  #refused(error: ChatError): void {
    const { random, onDenied, onChange } = this.#host;
    // the next session asks anew
    if (error.code === "offline") return;
    if (isDenial(error)) {
      onDenied(error);
      return;
    }
    // over the gateway's bound there are no receipts, but events of small conversations come all the same
    if (error.code === "too_large") this.told = true;
    else this.#askIn(waitAfter(error, random));
    onChange();
  }

  #askIn(ms: number): void {
    this.#again.set(ms, () => {
      this.#asked = false;
      this.keep();
    });
  }
}

/** Whether a refusal says that the conversation is not the user's to read. */
export function isDenial({ code }: ChatError): boolean {
  return code === "not_found" || code === "forbidden";
}
