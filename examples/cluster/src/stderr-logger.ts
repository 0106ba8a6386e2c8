import type { Logger } from "@earshot/core";

/** The same words again within this are not written again, in ms: what is down is tried often. */
const QUIET_MS = 5_000;
const WORDS_MAX = 1_000;

/** Warnings and errors as lines on stderr, each beginning with the gateway's name. */
export function stderrLogger(node: string): Logger {
  const saidAt = new Map<string, number>();
  const write = (fields: object, message: string): void => {
    const now = performance.now();
    if (now - (saidAt.get(message) ?? Number.NEGATIVE_INFINITY) < QUIET_MS) return;
    if (saidAt.size >= WORDS_MAX) saidAt.clear();
    saidAt.set(message, now);
    process.stderr.write(`${node}: ${message} ${JSON.stringify(fields)}\n`);
  };
  const silent = (): void => {};
  return { debug: silent, info: silent, warn: write, error: write };
}
