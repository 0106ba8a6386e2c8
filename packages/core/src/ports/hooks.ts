import type { Body, ConversationId, ConversationKind, Epoch, EventRow, Mentions, Role, UserId } from "@earshot/protocol";
import type { Claims } from "./authenticate.ts";

/** Who asks, as a hook sees them. */
export interface By {
  readonly user: UserId;
  /** As `authenticate` gave them; null for `chat.as(user)`. */
  readonly claims: Claims | null;
}

/** A `message` or an `x-…` event on its way into the log. */
export interface SendDraft {
  readonly conversation: ConversationId;
  readonly id: string;
  readonly type: "message" | `x-${string}`;
  readonly body: Body;
  readonly re?: number;
  readonly mentions?: Mentions;
}

export interface EditDraft {
  readonly conversation: ConversationId;
  readonly id: string;
  /** The message's seq. */
  readonly re: number;
  readonly body: Body;
}

export interface DeleteDraft {
  readonly conversation: ConversationId;
  readonly id: string;
  readonly re: number;
}

export interface CreateDraft {
  readonly kind: ConversationKind;
  /** null: the engine will make one. */
  readonly id: ConversationId | null;
  readonly members: readonly (readonly [UserId, Role])[];
  readonly title: string | null;
  readonly meta: Body | null;
  readonly open: boolean;
}

export interface JoinDraft {
  readonly conversation: ConversationId;
}

/** What each step gives its hooks, and what they may change of it. */
export interface BeforeSteps {
  readonly send: { readonly draft: SendDraft; readonly change: { readonly body?: Body; readonly mentions?: Mentions } };
  readonly edit: { readonly draft: EditDraft; readonly change: { readonly body?: Body } };
  readonly delete: { readonly draft: DeleteDraft; readonly change: Record<never, never> };
  readonly create: {
    readonly draft: CreateDraft;
    readonly change: { readonly title?: string | null; readonly meta?: Body | null };
  };
  readonly join: { readonly draft: JoinDraft; readonly change: Record<never, never> };
}

export type BeforeStep = keyof BeforeSteps;

/** What a hook answers: nothing, or what it changes. It refuses by `throw refuse(code, reason)`. */
export type Verdict<Step extends BeforeStep> = BeforeSteps[Step]["change"] | undefined | void;

/**
 * Runs before a step of a user is written; several in the order in which they were added, each with what
 * the one before it made. It may run more than once for one send that is repeated, but never when that id is
 * stored already. `refuse(…)` refuses for good; any other throw is `internal`.
 */
export type Before<Step extends BeforeStep> = (
  draft: BeforeSteps[Step]["draft"],
  by: By,
  context: { readonly signal: AbortSignal },
) => Verdict<Step> | Promise<Verdict<Step>>;

export interface BeforeOptions {
  /** Time for the hook, in ms. Default `hookWithinMs`. `signal` is aborted then. */
  readonly within?: number;
  /** What counts when the time is over: `refuse` is `unavailable`, the client comes back with it. Default `refuse`. */
  readonly otherwise?: "allow" | "refuse";
}

/** An event that was just written. */
export interface ChatEvent extends EventRow {
  readonly conversation: ConversationId;
  readonly epoch: Epoch;
}

/** What listeners of `chat.on("event", …)` get beside the event. */
export interface EventContext {
  /** Members without a live session, page by page: whom to notify by other means. Not who wrote it. */
  offline(): AsyncIterable<readonly UserId[]>;
}
