import type {
  Body,
  ConversationId,
  ConversationKind,
  Definition,
  Epoch,
  EventRow,
  Mentions,
  MessageBody,
  MetaOf,
  OwnBody,
  OwnType,
  Role,
  UserId,
} from "@earshot/protocol";
import type { Claims } from "./authenticate.ts";

/** Who asks, as a hook sees them. */
export interface By {
  readonly user: UserId;
  /** As `authenticate` gave them; null for `chat.as(user)`. */
  readonly claims: Claims | null;
}

/** What every draft of an event has, whatever its body. */
interface DraftFields {
  readonly conversation: ConversationId;
  readonly id: string;
  readonly re?: number;
  readonly mentions?: Mentions;
}

/** A draft with a body of any kind. */
interface AnySendDraft extends DraftFields {
  readonly type: "message" | `x-${string}`;
  readonly body: Body;
}

/** A `message` or an `x-…` event on its way into the log. */
export type SendDraft<D extends Definition = Definition> = Definition extends D
  ? AnySendDraft
  :
      | (DraftFields & { readonly type: "message"; readonly body: MessageBody<D> })
      | { [Type in OwnType<D>]: DraftFields & { readonly type: Type; readonly body: OwnBody<D, Type> } }[OwnType<D>];

export interface EditDraft<D extends Definition = Definition> {
  readonly conversation: ConversationId;
  readonly id: string;
  /** The message's seq. */
  readonly re: number;
  readonly body: MessageBody<D>;
}

export interface DeleteDraft {
  readonly conversation: ConversationId;
  readonly id: string;
  readonly re: number;
}

export interface CreateDraft<D extends Definition = Definition> {
  readonly kind: ConversationKind;
  /** null: the engine will make one. */
  readonly id: ConversationId | null;
  readonly members: readonly (readonly [UserId, Role])[];
  readonly title: string | null;
  readonly meta: MetaOf<D> | null;
  readonly open: boolean;
}

export interface JoinDraft {
  readonly conversation: ConversationId;
}

/** What each step gives its hooks, and what they may change of it. */
export interface BeforeSteps<D extends Definition = Definition> {
  readonly send: {
    readonly draft: SendDraft<D>;
    readonly change: { readonly body?: SendDraft<D>["body"]; readonly mentions?: Mentions };
  };
  readonly edit: { readonly draft: EditDraft<D>; readonly change: { readonly body?: MessageBody<D> } };
  readonly delete: { readonly draft: DeleteDraft; readonly change: Record<never, never> };
  readonly create: {
    readonly draft: CreateDraft<D>;
    readonly change: { readonly title?: string | null; readonly meta?: MetaOf<D> | null };
  };
  readonly join: { readonly draft: JoinDraft; readonly change: Record<never, never> };
}

export type BeforeStep = keyof BeforeSteps;

/** What a hook answers: nothing, or what it changes. It refuses by `throw refuse(code, reason)`. */
export type Verdict<Step extends BeforeStep, D extends Definition = Definition> =
  | BeforeSteps<D>[Step]["change"]
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: a hook need not give anything
  | void;

/**
 * Runs before a step of a user is written, who is a member with the role for it; several in the order in
 * which they were added, each with what the one before it made. It may run more than once for one send that
 * is repeated, but never when that id is stored already. `refuse(…)` refuses for good; any other throw is `internal`.
 */
export type Before<Step extends BeforeStep, D extends Definition = Definition> = (
  draft: BeforeSteps<D>[Step]["draft"],
  by: By,
  context: { readonly signal: AbortSignal },
) => Verdict<Step, D> | Promise<Verdict<Step, D>>;

export interface BeforeOptions {
  /** Time for the hook, in ms. Default `hookWithinMs`. `signal` is aborted then. */
  readonly within?: number;
  /** What counts when the time is over: `refuse` is `unavailable`, the client comes back with it. Default `refuse`. */
  readonly otherwise?: "allow" | "refuse";
}

/** Where an event happened, with a body of any kind. */
interface AnyChatEvent extends EventRow {
  readonly conversation: ConversationId;
  readonly epoch: Epoch;
}

/** An event as the host gets it. What was deleted has no body. */
export type ChatEvent<D extends Definition = Definition> = Definition extends D
  ? AnyChatEvent
  : Omit<AnyChatEvent, "type" | "body"> &
      (
        | { readonly type: "message" | "edit"; readonly body?: MessageBody<D> }
        | { [Type in OwnType<D>]: { readonly type: Type; readonly body?: OwnBody<D, Type> } }[OwnType<D>]
        | { readonly type: "delete" | "react" | "meta" | "member"; readonly body?: Body }
      );

/** What listeners of `chat.on("event", …)` get beside the event. */
export interface EventContext {
  /** Members without a live session, page by page: whom to notify by other means. Not who wrote it. */
  offline(): AsyncIterable<readonly UserId[]>;
}
