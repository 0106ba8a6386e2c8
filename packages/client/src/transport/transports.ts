import { Alarm } from "../alarm.ts";
import { ABNORMAL, NORMAL } from "../close-number.ts";
import type { Clock } from "../ports/clock.ts";
import type { NetworkStatus } from "../ports/network-status.ts";
import type { Random } from "../ports/random.ts";
import type { OpenSession, OpenTransport, TransportConnection, TransportKind } from "../ports/transport.ts";

/** Longest wait for a WebSocket to open before it is asked whether HTTP does better, in ms. */
const OPEN_WITHIN_MS = 5_000;
/** The same for the first frame that comes by an open one, in ms: some proxies let the upgrade pass and nothing else. */
const WELCOME_WITHIN_MS = 9_000;

/** What the choice of a transport needs from outside. */
export interface TransportsHost {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: typeof fetch;
  readonly network: NetworkStatus;
  readonly webSocket: OpenTransport;
  /** Those that may be used. */
  readonly kinds: readonly TransportKind[];
  /** Where the engine is, for HTTP: without a slash at its end. */
  base(): string;
  /** Loads the chunk that knows the other ways. */
  load(): Promise<{ fallback(host: TransportsHost, unblocked: () => void): OpenSession }>;
}

/**
 * Opens what gets through: WebSockets, and where those never open although HTTP answers, what the
 * chunk has, until that says that WebSockets are to be tried again.
 */
export function openingBy(host: TransportsHost): OpenSession {
  const { clock, kinds } = host;
  /** What opens in the place of WebSockets, while they are blocked, or not wanted. */
  let instead: Promise<OpenSession | null> | undefined;
  /** Misses in a row, met while HTTP answered; and how many are put down to chance: one, once a WebSocket has worked. */
  let misses = 0;
  let forgiven = 0;

  /** Gets null where the chunk cannot be had. */
  const load = (): Promise<OpenSession | null> => {
    const unblocked = (): void => {
      instead = undefined;
      misses = 0;
    };
    return host.load().then(
      ({ fallback }) => fallback(host, unblocked),
      () => null,
    );
  };

  return (url, listener) => {
    const abort = new AbortController();
    const alarm = new Alarm(clock);
    let link: TransportConnection | undefined;
    let heard = false;
    let closed = false;
    let over = false;
    const leave = (code: number): void => {
      over = true;
      alarm.cancel();
      abort.abort();
      link?.close(code);
    };
    const end = (code: number): void => {
      if (over) return;
      leave(NORMAL);
      listener.onClose(code);
    };
    /** Nothing came by the WebSocket: is it the network, or just the WebSocket? */
    const doubt = async (): Promise<void> => {
      if (kinds.length > 1) {
        const health = await host.fetch(`${host.base()}/healthz`, { signal: abort.signal }).catch(() => null);
        if (heard) return;
        misses = health?.ok ? misses + 1 : 0;
        if (misses > forgiven) instead ??= load();
      }
      if (closed || instead) end(ABNORMAL);
    };

    if (!kinds.includes("websocket")) instead ??= load();
    if (instead) {
      void instead.then((open) => {
        if (over) return;
        if (open) {
          link = open(url, listener);
        } else {
          // it may be had later
          instead = undefined;
          end(ABNORMAL);
        }
      });
    } else {
      alarm.set(OPEN_WITHIN_MS, () => void doubt());
      link = host.webSocket(url, {
        onOpen: () => {
          alarm.set(WELCOME_WITHIN_MS, () => void doubt());
          listener.onOpen();
        },
        onText: (text) => {
          if (!heard) alarm.cancel();
          heard = true;
          forgiven = 1;
          misses = 0;
          listener.onText(text);
        },
        onClose: (code) => {
          closed = true;
          if (heard || code !== ABNORMAL) end(code);
          else void doubt();
        },
      });
    }
    return {
      get kind() {
        return link?.kind;
      },
      send: (text) => link?.send(text),
      close: leave,
    };
  };
}
