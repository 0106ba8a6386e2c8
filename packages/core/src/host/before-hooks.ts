import { type Body, ChatError, isChatError } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { Before, BeforeOptions, BeforeStep, BeforeSteps, By } from "../ports/hooks.ts";
import type { Logger } from "../ports/logger.ts";
import { applyChange } from "./apply-change.ts";
import { askHost } from "./ask-host.ts";
import type { DefinitionCheck } from "./definition-check.ts";
import { frozen } from "./frozen.ts";
import { isRefusal } from "./refuse.ts";

export interface BeforeSurroundings {
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly limits: { readonly hookWithinMs: number };
  readonly definition: Pick<DefinitionCheck, "covers" | "draft" | "meta">;
}

interface Added {
  readonly within: number;
  readonly otherwise: "allow" | "refuse";
  ask(draft: unknown, by: By, signal: AbortSignal): unknown;
}

/** Wait before a client comes back with what a hook did not answer in time. */
const AGAIN_AFTER_MS = 1_000;

/** The host's hooks, by the step they stand before; its definition stands before and behind them. */
export class BeforeHooks {
  readonly #house: BeforeSurroundings;
  readonly #hooks: Record<BeforeStep, readonly Added[]> = { send: [], edit: [], delete: [], create: [], join: [] };

  constructor(house: BeforeSurroundings) {
    this.#house = house;
  }

  /** Whether anything stands before this step. */
  has(step: BeforeStep): boolean {
    return this.#hooks[step].length > 0 || this.#house.definition.covers(step);
  }

  /** Adds one behind those that are there. Returns its undo. Throws `invalid`. */
  add<Step extends BeforeStep>(step: Step, hook: Before<Step>, options: BeforeOptions = {}): () => void {
    const { within = this.#house.limits.hookWithinMs, otherwise = "refuse" } = options;
    if (!Object.hasOwn(this.#hooks, step)) throw wrong("step", "must be send, edit, delete, create or join");
    if (typeof hook !== "function") throw wrong("hook", "must be a function");
    if (!Number.isFinite(within) || within <= 0) throw wrong("within", "must be a number of ms");
    if (otherwise !== "allow" && otherwise !== "refuse") throw wrong("otherwise", "must be allow or refuse");
    const added: Added = {
      within,
      otherwise,
      ask: (draft, by, signal) => hook(draft as BeforeSteps[Step]["draft"], by, { signal }),
    };
    this.#hooks[step] = [...this.#hooks[step], added];
    return () => {
      this.#hooks[step] = this.#hooks[step].filter((one) => one !== added);
    };
  }

  /**
   * What the step's hooks make of a draft, each of what the one before it made. Rejects with `invalid` where the
   * draft is not as the definition says, with a hook's refusal, with `unavailable` and a wait where one did not answer in
   * time, and with `internal`, also where what they made is not as the definition says.
   */
  async run<Step extends BeforeStep>(
    step: Step,
    draft: BeforeSteps[Step]["draft"],
    by: By,
  ): Promise<BeforeSteps[Step]["draft"]> {
    const { definition, logger } = this.#house;
    await definition.draft(step, draft);
    let current = draft;
    for (const added of this.#hooks[step]) current = await this.#run(step, added, current, by);
    if (current === draft) return current;
    await definition.draft(step, current).catch((cause: unknown) => {
      if (!isChatError(cause) || cause.code !== "invalid") throw cause;
      logger.error({ step, path: cause.details?.["path"] }, "hooks made what the definition does not allow");
      throw new ChatError("internal", "unable to do that; the server failed", { cause });
    });
    return current;
  }

  /** Rejects as the definition refuses a conversation's `meta`. */
  meta(meta: Body): Promise<void> {
    return this.#house.definition.meta(meta);
  }

  async #run<Draft extends BeforeSteps[BeforeStep]["draft"]>(
    step: BeforeStep,
    { within, otherwise, ask }: Added,
    draft: Draft,
    by: By,
  ): Promise<Draft> {
    const { clock, logger } = this.#house;
    // Who changes a draft in place, instead of giving the change, hears of it.
    const given = frozen(draft);
    try {
      const answer = await askHost(clock, within, (signal) => ask(given, by, signal));
      if (answer.kind === "answer") return applyChange(step, draft, answer.value);
    } catch (error) {
      if (isRefusal(error)) throw error;
      const name = error instanceof Error ? error.name : typeof error;
      logger.error({ step, name }, "hook failed, or gave what it must not; see the docs of before");
      throw new ChatError("internal", "unable to do that; the server failed", { cause: error });
    }
    logger.warn({ step, within, otherwise }, "hook did not answer in time");
    if (otherwise === "allow") return draft;
    throw new ChatError("unavailable", "unable to do that; the host did not answer in time", {
      retryAfterMs: AGAIN_AFTER_MS,
    });
  }
}

function wrong(field: string, why: string): ChatError {
  return new ChatError("invalid", `unable to add hook; ${field} ${why}`, { details: { field } });
}
