import type {
  ConversationId,
  ErrorFrame,
  EventsFrame,
  GatewayFrame,
  GoneFrame,
  HaveEntry,
  ResetFrame,
  SendFrame,
} from "@earshot/protocol";
import type { TestClient } from "../test-client.ts";
import type { OpenRequest } from "./open-requests.ts";
import { same } from "./page-check.ts";
import { SeenConversations, type SeenSurroundings } from "./seen-conversations.ts";
import type { SentOnce } from "./sent-in-order.ts";
import { type SendsSurroundings, SessionSends } from "./session-sends.ts";

export type SessionSurroundings = SeenSurroundings & Omit<SendsSurroundings, "seen">;

/** A request by frame: who answers it, and what the answer must be. */
export interface AskedFrame extends OpenRequest {
  /** Looks at the answer, also a refusal. */
  answered(frame: GatewayFrame): void;
}

/** A frame that is answered only when refused. */
export interface QuietFrame extends OpenRequest {
  readonly t: string;
  readonly c: ConversationId;
}

/** One connection of a device: everything that comes down is held against what is true. */
export class DeviceSession {
  readonly client: TestClient;
  readonly #house: SessionSurroundings;
  readonly seen: SeenConversations;
  readonly sends: SessionSends;
  readonly #asked = new Map<string, AskedFrame>();
  readonly #quiet: QuietFrame[] = [];
  #acked = 0;
  #looked = 0;

  constructor(house: SessionSurroundings, client: TestClient) {
    this.#house = house;
    this.client = client;
    this.seen = new SeenConversations(house);
    this.sends = new SessionSends({ ...house, seen: this.seen });
  }

  get welcomed(): boolean {
    return this.seen.headsAtWelcome !== null;
  }

  // ---- what the device says

  have(have: readonly HaveEntry[]): void {
    this.seen.present(have);
    this.client.pair.send({ t: "have", have });
  }

  ask(id: string, request: AskedFrame): void {
    this.#asked.set(id, this.#house.requests.begin(request));
  }

  quietly(request: QuietFrame): void {
    this.#quiet.push(this.#house.requests.begin(request));
  }

  send(sent: SentOnce): void {
    this.sends.add(sent);
    this.client.pair.send(sent.draft);
  }

  skip(id: string): void {
    this.sends.skip(id);
    this.client.pair.send({ t: "skip", id });
  }

  ping(): void {
    this.client.pair.send({ t: "ping", n: this.seen.events.length });
  }

  /** Acknowledges what has come, but for the newest few. */
  acknowledge(but: number): void {
    const n = this.seen.events.length - but;
    if (n <= this.#acked) return;
    this.#acked = n;
    this.client.pair.send({ t: "ack", n });
  }

  /** Sends whose end nobody knows. */
  unsettled(): readonly SendFrame[] {
    return [...this.sends.waiting(), ...this.sends.open().map(({ draft }) => draft)];
  }

  /** Nothing comes from this connection any more. */
  over(): void {
    for (const open of this.#open()) this.#house.requests.drop(open);
  }

  /** All is quiet: what was not refused was taken. */
  calm(): void {
    for (const quiet of this.#quiet.splice(0)) {
      if (this.#house.requests.allows(quiet, "ok")) this.#house.requests.drop(quiet);
      else this.#house.fail(`${quiet.name} was not refused; it may be ${[...quiet.possible].join(" or ")}`);
    }
    const [open] = this.#open();
    if (open !== undefined) this.#house.fail(`${open.name} was never answered`);
    this.seen.calm();
    this.sends.calm();
  }

  #open(): readonly OpenRequest[] {
    return [...this.#asked.values(), ...this.#quiet, ...this.sends.open()];
  }

  // ---- what comes down

  /** Looks at what has arrived since. */
  look(): void {
    const { received } = this.client;
    while (this.#looked < received.length) this.#take(received[this.#looked++] as GatewayFrame);
  }

  #take(frame: GatewayFrame): void {
    const { seen } = this;
    const { fail } = this.#house;
    if (frame.t === "welcome") seen.welcome();
    else if (frame.t === "event") seen.event(frame);
    else if (frame.t === "sent") this.sends.sent(frame);
    else if (frame.t === "error") this.#error(frame);
    else if (frame.t === "events") this.#page(frame);
    else if (frame.t === "receipt") seen.receipt(frame);
    else if (frame.t === "typing") seen.typing(frame);
    else if (frame.t === "lagging") seen.lagging(frame.c);
    else if (frame.t === "heads") seen.heads(frame);
    else if (frame.t === "tally") seen.tally(frame);
    else if (frame.t === "again" && same(seen.events[frame.n - 1], frame.frame)) return;
    else if (frame.t === "pong" && frame.n === seen.events.length) return;
    else if (frame.t === "subscribed" || frame.t === "inbox" || frame.t === "unsubscribed" || frame.t === "presence") {
      if (frame.t === "subscribed") seen.opened(frame);
      if (frame.id !== undefined) this.#answer(frame.id, frame);
    } else fail(`nobody asked for ${JSON.stringify(frame)}, with ${seen.events.length} events`);
  }

  #answer(id: string, frame: GatewayFrame, outcome = "ok"): void {
    const asked = this.#asked.get(id) ?? this.#house.fail(`nobody asked for ${JSON.stringify(frame)}`);
    this.#asked.delete(id);
    this.#house.requests.end(asked, outcome);
    asked.answered(frame);
  }

  #page(frame: EventsFrame | ResetFrame | GoneFrame): void {
    if ("gone" in frame) this.seen.gone(frame.c);
    else if ("reset" in frame) this.seen.reset(frame);
    else if (frame.id === undefined) this.seen.page(frame);
    else {
      this.seen.reported(frame.c, frame.head);
      this.#answer(frame.id, frame);
    }
  }

  #error(frame: ErrorFrame): void {
    const { id, re, c, code, retry, last } = frame;
    const { requests, fail } = this.#house;
    const outcome = last === undefined ? code : `${code} ${last}`;
    const mayRetry = ["rate_limited", "unavailable", "blocked"].includes(code);
    if ((retry !== undefined) !== mayRetry) fail(`${code} came with retry ${retry}`);
    if (id !== undefined && c !== undefined && this.sends.refused(c, id, outcome, mayRetry)) return;
    if (id !== undefined) {
      this.#answer(id, frame, outcome);
      return;
    }
    const quiet = this.#takeQuiet((one) => one.t === re && one.c === c && requests.allows(one, outcome));
    if (quiet !== undefined) requests.end(quiet, outcome);
    else if (re === "have" && code === "unavailable" && requests.failing()) this.seen.haveFailed();
    else fail(`nobody asked for an error ${JSON.stringify({ id, re, c, code })}`);
  }

  /** The one that a refusal fits: first that could be nothing else. */
  #takeQuiet(fits: (one: QuietFrame) => boolean): QuietFrame | undefined {
    const certain = this.#quiet.findIndex((one) => fits(one) && !one.possible.has("ok"));
    const index = certain >= 0 ? certain : this.#quiet.findIndex(fits);
    return index < 0 ? undefined : this.#quiet.splice(index, 1)[0];
  }
}
