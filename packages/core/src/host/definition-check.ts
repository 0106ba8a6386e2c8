import { type Body, type BodySchema, ChatError, type Definition, type StandardIssue } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { BeforeStep, BeforeSteps } from "../ports/hooks.ts";
import type { Logger } from "../ports/logger.ts";
import { askHost } from "./ask-host.ts";

export interface DefinitionSurroundings {
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly limits: { readonly hookWithinMs: number };
  readonly definition: Definition | null;
}

/** Wait before a client comes back with what a schema did not answer in time. */
const AGAIN_AFTER_MS = 1_000;

/** Bodies against the host's definition. What it changes of them is not taken over. */
export class DefinitionCheck {
  readonly #house: DefinitionSurroundings;
  readonly #definition: Definition;

  constructor(house: DefinitionSurroundings) {
    this.#house = house;
    this.#definition = house.definition ?? {};
  }

  /** Whether drafts of this step are looked at. */
  covers(step: BeforeStep): boolean {
    const { message, meta, events } = this.#definition;
    if (step === "send") return message !== undefined || events !== undefined;
    return (step === "edit" && message !== undefined) || (step === "create" && meta !== undefined);
  }

  /** Rejects with `invalid` (`details.path`: where, as far as it is known), or `unavailable` and a wait. */
  async draft<Step extends BeforeStep>(step: Step, given: BeforeSteps[Step]["draft"]): Promise<void> {
    const draft = given as Partial<BeforeSteps["send"]["draft"] & BeforeSteps["create"]["draft"]>;
    const { message, events } = this.#definition;
    if (step === "create") return draft.meta === null ? undefined : this.meta(draft.meta ?? {});
    if (step === "edit" || (step === "send" && draft.type === "message")) {
      return this.#check(message, draft.body ?? {}, "send message; its body is not as the server defines it");
    }
    if (step !== "send" || events === undefined) return;
    const schema = Object.hasOwn(events, draft.type ?? "") ? events[draft.type as `x-${string}`] : undefined;
    if (schema === undefined) throw new ChatError("invalid", "unable to send event; the server defines no such type");
    await this.#check(schema, draft.body ?? {}, "send event; its body is not as the server defines it");
  }

  /** The same of a conversation's `meta`. */
  async meta(meta: Body): Promise<void> {
    await this.#check(this.#definition.meta, meta, "change conversation; its meta is not as the server defines it");
  }

  async #check(schema: BodySchema | undefined, body: Body, refusal: string): Promise<void> {
    if (schema === undefined) return;
    const { clock, limits, logger } = this.#house;
    const answer = await askHost(clock, limits.hookWithinMs, () => schema["~standard"].validate(body)).catch(
      (cause: unknown) => {
        const name = cause instanceof Error ? cause.name : typeof cause;
        logger.error({ vendor: schema["~standard"].vendor, name }, "a schema of the definition failed");
        throw new ChatError("internal", "unable to do that; the server failed", { cause });
      },
    );
    if (answer.kind === "late") {
      logger.warn({ vendor: schema["~standard"].vendor }, "a schema of the definition did not answer in time");
      throw new ChatError("unavailable", "unable to do that; the host did not answer in time", {
        retryAfterMs: AGAIN_AFTER_MS,
      });
    }
    const [issue] = answer.value.issues ?? [];
    if (issue === undefined) return;
    throw new ChatError("invalid", `unable to ${refusal}`, { details: { path: pathOf(issue) } });
  }
}

function pathOf({ path = [] }: StandardIssue): string {
  return path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
}
