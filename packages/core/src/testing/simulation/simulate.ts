import type { Body } from "@earshot/protocol";
import type { ChatEngine } from "../../chat-engine.ts";
import { check } from "./checker/check.ts";
import type { Verdict } from "./checker/verdict.ts";
import type { FaultKind } from "./fault.ts";
import type { Fired } from "./fault-counts.ts";
import type { HistoryLine } from "./history-line.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import { runPlan } from "./run-plan.ts";
import type { SimulatedClientFactory } from "./simulated-client.ts";

export interface SimulateOptions {
  /** What runs: the plan that this seed stands for, or a plan itself. Default: seed 1. */
  readonly seed?: number;
  readonly plan?: Plan;
  /** `simulatedClient` of `@earshot/client/testing`. */
  readonly client: SimulatedClientFactory;
  /** Called with every gateway's engine before it starts, also after a crash: for hooks and listeners of an application's own. */
  readonly setUp?: (chat: ChatEngine) => void;
  /** What users write; `text` is another one each time, and has to be in it. Default: `{ text }`. */
  readonly body?: (text: string) => Body;
  /** Faults that the seed's plan may have. Default: all. */
  readonly faults?: readonly FaultKind[];
}

export interface Simulated {
  readonly plan: Plan;
  /** Whether the delivery contract was kept: every guarantee that a history can show. */
  readonly verdict: Verdict;
  readonly lines: readonly HistoryLine[];
  /** Names the history: the same plan has the same one, always and everywhere. */
  readonly hash: string;
  /** Steps of virtual time. */
  readonly events: number;
  /** Faults that have really happened. */
  readonly fired: Fired;
}

/**
 * One seed's run: gateways with an application's own hooks, real clients, a store and a bus under one virtual clock,
 * on a network where everything may fail; then all is healed, and what came of it is held to the guarantees. Takes
 * about a tenth of a second; minutes pass in it.
 *
 * ```ts
 * const { verdict } = await simulate({ seed: 4711, client: simulatedClient, setUp: (chat) => chat.before("send", noProfanity) });
 * ```
 */
export async function simulate({ seed = 1, plan, client, setUp, body, faults }: SimulateOptions): Promise<Simulated> {
  const planned = plan ?? makePlan(seed, faults && { faults });
  const { history, events, fired } = await runPlan(planned, { clients: client, setUp, body });
  const { lines, hash } = history;
  return { plan: planned, verdict: check(lines), lines, hash, events, fired };
}
