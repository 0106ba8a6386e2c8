import { decodeFrame } from "@earshot/protocol";
import { ABNORMAL, NORMAL } from "../close-number.ts";
import type { Clock, Timer } from "../ports/clock.ts";
import type { OpenTransport, SessionListener, TransportConnection, TransportKind } from "../ports/transport.ts";

/** Longest wait for a WebSocket to open and be welcomed beside the session, in ms. */
const WELCOME_WITHIN_MS = 15_000;

export interface ReturningHost {
  readonly clock: Clock;
  readonly webSocket: OpenTransport;
  /** How a trial went: the WebSocket carries the session now, or does not get through. */
  onTried(through: boolean): void;
}

interface Trial {
  readonly link: TransportConnection;
  readonly timer: Timer;
  /** `hello` went out: from then on the gateway may close the session that there is. */
  greeted: boolean;
}

/**
 * A connection that goes back to WebSocket when it is told to: beside the session that works, which is
 * let go when the other one is welcomed, and not before.
 */
export class ReturningConnection implements TransportConnection {
  readonly #host: ReturningHost;
  readonly #listener: SessionListener;
  #link: TransportConnection | null = null;
  #trial: Trial | null = null;
  /** The session has ended while its successor was greeted. */
  #orphaned = false;
  #over = false;

  /** `open`: opens what there is until then. */
  constructor(
    host: ReturningHost,
    listener: SessionListener,
    open: (listener: SessionListener) => TransportConnection,
  ) {
    this.#host = host;
    this.#listener = listener;
    this.#link = open({ ...listener, onClose: (code) => this.#closed(code) });
  }

  get kind(): TransportKind | undefined {
    return this.#link?.kind;
  }

  /** Tries a WebSocket, unless one is being tried. */
  tryWebSocket(url: string): void {
    if (this.#over || this.#trial !== null) return;
    const ifTried = (work: () => void): void => {
      if (this.#trial === trial) work();
    };
    const failed = (): void => ifTried(() => this.#failed());
    const trial: Trial = {
      greeted: false,
      timer: this.#host.clock.after(WELCOME_WITHIN_MS, failed),
      link: this.#host.webSocket(url, {
        onOpen: () =>
          ifTried(() => {
            trial.greeted = true;
            for (const text of this.#listener.greet()) trial.link.send(text);
          }),
        onText: (text) => {
          if (this.#trial === trial) this.#answered(trial, text);
          else if (this.#link === trial.link) this.#listener.onText(text);
        },
        onClose: (code) => {
          if (this.#link === trial.link) this.#closed(code);
          else failed();
        },
      }),
    };
    this.#trial = trial;
  }

  send(text: string): void {
    this.#link?.send(text);
  }

  close(code: number): void {
    this.#over = true;
    this.#giveUp();
    this.#link?.close(code);
  }

  /** The first frame of the one that is tried. */
  #answered(trial: Trial, text: string): void {
    if (decodeFrame(text)?.t !== "welcome") {
      this.#failed();
      return;
    }
    const before = this.#link;
    trial.timer.cancel();
    this.#trial = null;
    this.#link = trial.link;
    this.#orphaned = false;
    before?.close(NORMAL);
    this.#host.onTried(true);
    this.#listener.onReplaced(text);
  }

  #failed(): void {
    this.#giveUp();
    this.#host.onTried(false);
    if (this.#orphaned) this.#end(ABNORMAL);
  }

  #giveUp(): void {
    const trial = this.#trial;
    this.#trial = null;
    trial?.timer.cancel();
    trial?.link.close(NORMAL);
  }

  /** What there was is over; where its successor is greeted, the gateway may have replaced it (4504), and that one decides. */
  #closed(code: number): void {
    if (this.#trial?.greeted === true) this.#orphaned = true;
    else this.#end(code);
  }

  #end(code: number): void {
    if (this.#over) return;
    this.#over = true;
    this.#giveUp();
    this.#listener.onClose(code);
  }
}
