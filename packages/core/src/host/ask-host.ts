import type { Clock } from "../ports/clock.ts";

/** What came of a question to the host: its answer, or none in time. */
export type Answer<Value> = { readonly kind: "answer"; readonly value: Value } | { readonly kind: "late" };

/**
 * Asks code of the host's, and waits `withinMs` for it; then `signal` is aborted, and what it still says is
 * not heard. Rejects with what it throws in time.
 */
export function askHost<Value>(
  clock: Pick<Clock, "after">,
  withinMs: number,
  question: (signal: AbortSignal) => Value | PromiseLike<Value>,
): Promise<Answer<Value>> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController();
    const timer = clock.after(withinMs, () => {
      controller.abort();
      resolve({ kind: "late" });
    });
    // Inside a promise: what is thrown before there is one is an answer like another.
    new Promise<Value>((answer) => answer(question(controller.signal))).then(
      (value) => {
        timer.cancel();
        resolve({ kind: "answer", value });
      },
      (error: unknown) => {
        timer.cancel();
        reject(error);
      },
    );
  });
}
