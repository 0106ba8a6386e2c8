import { Alarm } from "../alarm.ts";
import { atLeast } from "../jitter.ts";
import type { OpenSession, SessionListener, TransportConnection } from "../ports/transport.ts";
import { HttpConnection } from "./http-connection.ts";
import { ReturningConnection } from "./returning-connection.ts";
import { type Choice, type ChoiceEvent, firstChoice, nextChoice } from "./transport-choice.ts";
import type { TransportsHost } from "./transports.ts";

/** Least time between two trials of a WebSocket because the network came back, in ms. */
const HURRIED_APART_MS = 30_000;
/** Longest wait before such a one, in ms: many devices see the same network come back. */
const HURRY_MS = 500;

/**
 * Opens connections while WebSockets do not get through: streams, or polls. `unblocked` is called when the
 * next attempt is to be a WebSocket, and this is over. A chunk of its own, which is loaded when it is needed: most never need it.
 */
export function fallback(host: TransportsHost, unblocked: () => void): OpenSession {
  const ways = new Fallback(host, unblocked);
  return (url, listener) => ways.open(url, listener);
}

class Fallback {
  readonly #host: TransportsHost;
  readonly #unblocked: () => void;
  #choice: Choice;
  /** When a WebSocket is to be tried beside the session, monotonic; null: it is not known yet. */
  #returnAt: number | null = null;
  #triedAt = Number.NEGATIVE_INFINITY;

  constructor(host: TransportsHost, unblocked: () => void) {
    this.#host = host;
    this.#unblocked = unblocked;
    this.#choice = firstChoice(host.kinds);
  }

  open(url: string, listener: SessionListener): TransportConnection {
    const { clock, random, network, webSocket } = this.#host;
    const alarm = new Alarm(clock);
    const leave = (): void => {
      alarm.cancel();
      unwatch();
    };
    const attempt = (): void => {
      this.#triedAt = clock.monotonic();
      connection.tryWebSocket(url);
    };
    const arm = (): void => {
      this.#returnAt ??= this.#later();
      alarm.set(Math.max(0, this.#returnAt - clock.monotonic()), attempt);
    };
    const onTried = (through: boolean): void => {
      this.#returnAt = null;
      this.#learn(through ? "through" : "blocked");
      if (through) leave();
      else arm();
    };
    const connection = new ReturningConnection(
      { clock, webSocket, onTried },
      {
        ...listener,
        onClose: (code) => {
          leave();
          listener.onClose(code);
        },
      },
      (ears) => this.#openHttp(ears, arm),
    );
    const unwatch = network.subscribe((change) => {
      // only while there is a session beside which to try
      if (change !== "online" || !alarm.isSet || clock.monotonic() - this.#triedAt < HURRIED_APART_MS) return;
      alarm.set(random.float() * HURRY_MS, attempt);
    });
    return {
      get kind() {
        return connection.kind;
      },
      send: (text) => connection.send(text),
      close: (code) => {
        leave();
        connection.close(code);
      },
    };
  }

  #openHttp(listener: SessionListener, onWelcome: () => void): TransportConnection {
    let known = false;
    const settle = (event: ChoiceEvent): void => {
      if (!known) this.#learn(event);
      known = true;
    };
    const onText = (text: string): void => {
      if (!known) onWelcome();
      settle("welcomed");
      listener.onText(text);
    };
    const onClose = (code: number): void => {
      settle("failed");
      listener.onClose(code);
    };
    const onSilent = this.#choice.by === "sse" ? () => settle("silent") : null;
    return new HttpConnection(this.#host, { ...listener, onText, onClose }, onSilent);
  }

  #later(): number {
    const { clock, random } = this.#host;
    const { returnMs } = this.#choice;
    return returnMs === null ? Number.POSITIVE_INFINITY : clock.monotonic() + atLeast(returnMs, random);
  }

  #learn(event: ChoiceEvent): void {
    this.#choice = nextChoice(this.#host.kinds, this.#choice, event);
    if (this.#choice.by === "websocket") this.#unblocked();
  }
}
