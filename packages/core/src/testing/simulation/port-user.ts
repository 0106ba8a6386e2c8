import { ChatError } from "@earshot/protocol";
import type { CrashPoint } from "./fault.ts";
import type { NodeClock } from "./node-clock.ts";

/** One life of a gateway, as store, bus and presence see it. */
export interface PortUser {
  readonly node: string;
  readonly clock: NodeClock;
  /** Dies here, if that was asked for; whether it did. */
  crashesAt(point: CrashPoint): boolean;
}

/** Answers of who is dead: they never come. */
export function never<T>(): Promise<T> {
  return new Promise(() => {});
}

/** What a port rejects with that cannot be reached. */
export function unreachable(what: string, why: string): ChatError {
  return new ChatError("unavailable", `unable to ${what}; ${why}`, { retryAfterMs: 1_000 });
}

export function notOpen(what: string): ChatError {
  return new ChatError("closed", `unable to use ${what}; it is not open`);
}
