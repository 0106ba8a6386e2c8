import { ChatError } from "@earshot/protocol";
import type { ChatEngine } from "../../chat-engine.ts";
import type { SimulatedGateway } from "./simulated-gateway.ts";

/** What came of something that was asked of an engine. */
export type Asked<T> =
  | { readonly outcome: "ok"; readonly value: T }
  /** Refused for good. */
  | { readonly outcome: "fail"; readonly error: ChatError }
  /** It may have happened or not: the gateway died on the way, or could not tell. */
  | { readonly outcome: "info" };

/** Asks an engine in its own process, and waits for its answer or its death. */
export function askEngine<T>(
  gateway: SimulatedGateway | undefined,
  work: (chat: ChatEngine) => Promise<T>,
): Promise<Asked<T>> {
  const life = gateway?.life;
  if (life === undefined || life === null) return Promise.resolve({ outcome: "info" });
  return new Promise((resolve) => {
    const died = life.clock.onEnd(() => resolve({ outcome: "info" }));
    const settle = (asked: Asked<T>): void => {
      died();
      resolve(asked);
    };
    life.run(() => {
      // `as` and the like throw at once.
      const answer = (async () => work(life.chat))();
      answer.then(
        (value) => settle({ outcome: "ok", value }),
        (error: unknown) => {
          const refused = error instanceof ChatError && !error.retryable && REFUSALS.has(error.code);
          settle(refused ? { outcome: "fail", error } : { outcome: "info" });
        },
      );
    });
  });
}

/** Codes that say that it has not happened, and will not. */
const REFUSALS: ReadonlySet<string> = new Set([
  "invalid",
  "unauthenticated",
  "forbidden",
  "not_found",
  "conflict",
  "too_large",
]);
