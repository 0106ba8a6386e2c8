import { ChatError, type ErrorCode } from "@earshot/protocol";
import type { TokenSource } from "../options.ts";
import type { Clock } from "../ports/clock.ts";

/** Longest wait for the application's token source, in ms. */
const TOKEN_WITHIN_MS = 30_000;

interface Question {
  readonly answer: Promise<string | null>;
  readonly fail: (code: ErrorCode, why: string, cause?: unknown) => void;
}

/** The token in hand and the `resume` that spares it. Both live in memory only. */
export class Credentials {
  readonly #source: TokenSource;
  readonly #clock: Clock;
  #token: string | null | undefined;
  #question: Question | null = null;
  /** The newest `resume` of the gateway; null when there is none that may hold. */
  resume: string | null = null;

  constructor(source: TokenSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** The last token, whether it still holds or not; null if there is none. */
  get token(): string | null {
    return this.#token ?? null;
  }

  /** The token in hand; asks the application only if there is none. Rejects with a `ChatError` when it cannot be had. */
  current(): Promise<string | null> {
    return this.#token === undefined ? this.fresh() : Promise.resolve(this.#token);
  }

  /** Asks the application for a new one. Calls that meet share one question. */
  fresh(): Promise<string | null> {
    this.#question ??= this.#ask();
    return this.#question.answer;
  }

  /** What we have no longer holds: the next attempt asks anew. */
  spoil(): void {
    this.#token = undefined;
    this.resume = null;
  }

  /** Whoever waits for a token waits no longer. */
  stop(): void {
    this.#question?.fail("closed", "the client is closed");
  }

  #ask(): Question {
    let settle = (_token: string | null): void => {};
    let refuse = (_error: ChatError): void => {};
    const answer = new Promise<string | null>((resolve, reject) => {
      settle = resolve;
      refuse = reject;
    });
    const over = (): boolean => {
      if (this.#question !== question) return true;
      timer.cancel();
      this.#question = null;
      return false;
    };
    const fail: Question["fail"] = (code, why, cause) => {
      if (!over()) refuse(new ChatError(code, `unable to get a token; ${why}`, { cause }));
    };
    const timer = this.#clock.after(TOKEN_WITHIN_MS, () => fail("timeout", "the token source gave no answer"));
    const question: Question = { answer, fail };
    Promise.resolve()
      .then(this.#source)
      .then(
        (token) => {
          if (over()) return;
          this.#token = token;
          settle(token);
        },
        (cause: unknown) => fail("unauthenticated", "the token source failed", cause),
      );
    return question;
  }
}
