import { type Body, ChatError, type ConversationId, type EventType, type UserId } from "@earshot/protocol";
import type { Action, AuthorizeRequest } from "../ports/authorize.ts";
import type { Asking } from "../ports/commands.ts";
import type { BeforeStep, BeforeSteps, By } from "../ports/hooks.ts";
import type { Access } from "../ports/pages.ts";

/** What the host decides of what its users ask for. */
export interface HostVerdicts {
  readonly authorization: {
    /** Whether the host is asked at all. */
    readonly given: boolean;
    /** Rejects with `unavailable` and a wait. */
    may(request: AuthorizeRequest): Promise<boolean>;
  };
  readonly hooks: {
    has(step: BeforeStep): boolean;
    /** What they make of a draft. Rejects with a refusal, `internal`, or `unavailable` and a wait. */
    run<Step extends BeforeStep>(
      step: Step,
      draft: BeforeSteps[Step]["draft"],
      by: By,
    ): Promise<BeforeSteps[Step]["draft"]>;
    /** Rejects with `invalid` where a conversation's `meta` is not as the host defines it. */
    meta(meta: Body): Promise<void>;
  };
}

/** What is asked for, and the words in which it is refused: "unable to …". */
export interface Wish {
  readonly action: Action;
  readonly conversation: ConversationId | null;
  readonly type?: EventType;
  readonly doing: string;
}

export interface PermitSurroundings {
  readonly host: HostVerdicts;
  access(user: UserId, c: ConversationId): Promise<Access | null>;
}

/** Whether the host wants to be asked about what this caller does. */
export function asksHost({ authorization }: HostVerdicts, { system }: Asking): boolean {
  return authorization.given && system !== true;
}

/**
 * Asks the host whether a member may; nobody else is asked about, so that a foreign conversation looks like
 * none, whatever the host thinks of it (S14). Rejects with `not_found` (who is no member, and `see`),
 * `forbidden`, or `unavailable` and a wait.
 */
export async function permit(house: PermitSurroundings, caller: Asking, wish: Wish): Promise<void> {
  const { conversation, doing } = wish;
  if (!asksHost(house.host, caller)) return;
  if (conversation !== null && (await house.access(caller.user, conversation)) === null) throw noSuch(doing);
  await ask(house.host, caller, wish);
}

/** The same of who is known to be a member. */
export async function ask(host: HostVerdicts, caller: Asking, wish: Wish): Promise<void> {
  if (!asksHost(host, caller)) return;
  const { user, claims } = caller;
  const { doing, ...request } = wish;
  if (await host.authorization.may({ user, claims, ...request })) return;
  if (request.action === "see") throw noSuch(doing);
  throw new ChatError("forbidden", `unable to ${doing}; the host does not allow it`);
}

/** What the hooks of a step make of a draft; of what the host itself does they are not asked. */
export async function hooked<Step extends BeforeStep>(
  { hooks }: HostVerdicts,
  caller: Asking,
  step: Step,
  draft: BeforeSteps[Step]["draft"],
): Promise<BeforeSteps[Step]["draft"]> {
  if (caller.system || !hooks.has(step)) return draft;
  const { user, claims } = caller;
  return hooks.run(step, draft, { user, claims });
}

function noSuch(doing: string): ChatError {
  return new ChatError("not_found", `unable to ${doing}; no such conversation`);
}
