import {
  ChatError,
  type ConversationId,
  type ConversationKind,
  type Definition,
  type InboxFrame,
  isId,
  isUserId,
  type MetaOf,
  type Role,
  type UserId,
} from "@earshot/protocol";
import type { Asking, CreateAnswer, Creation } from "../ports/commands.ts";
import { ActorConversation, type ActorConversationSurroundings } from "./actor-conversation.ts";
import { checkedFrame } from "./checked-frame.ts";

/** What a new conversation is to be. */
export interface CreateRequest<D extends Definition = Definition> {
  readonly kind: ConversationKind;
  /** User ids, for members, or `[user, role]`. */
  readonly members?: readonly (UserId | readonly [UserId, Role])[];
  readonly title?: string | null;
  /** Default: a new one. An id that the actor made before gives the same conversation. */
  readonly id?: ConversationId;
  readonly meta?: MetaOf<D> | null;
  /** Whether anybody may join. Default false. */
  readonly open?: boolean;
  /** `all`: every member has the log from its beginning, whenever they join. */
  readonly history?: "all";
}

export interface ActorSurroundings extends ActorConversationSurroundings {
  /** The request as HTTP would have let it through. Rejects with `invalid`. */
  checkedCreation(request: unknown): Promise<Creation>;
}

/**
 * The engine as one user sees it, in process: `chat.as(user)`, or the host itself, `chat.system`. Everything rejects
 * with a `ChatError`, as it would be refused over HTTP; answers have the wire's shapes, without `t`.
 */
export class Actor<D extends Definition = Definition> {
  /** Who acts: becomes `from`. */
  readonly user: UserId;
  readonly #house: ActorSurroundings;
  readonly #by: Asking;

  constructor(house: ActorSurroundings, by: Asking) {
    if (!isUserId(by.user)) throw new ChatError("invalid", "unable to act; that is no user id");
    this.user = by.user;
    this.#house = house;
    this.#by = by;
  }

  /**
   * Creates a conversation, whose owner the actor is; `chat.system` becomes no member. Rejects with `invalid`, `too_large`, `conflict` (the id is
   * another's), `forbidden`.
   */
  async create(request: CreateRequest<D>): Promise<CreateAnswer> {
    return this.#house.commands.create(this.#by, await this.#house.checkedCreation(request));
  }

  /** A page of the actor's conversations, or of what changed since a cursor. `limit`: 100 unless given, at most 200. */
  async inbox(
    cursor: string | null = null,
    { limit }: { readonly limit?: number } = {},
  ): Promise<Omit<InboxFrame, "t" | "id">> {
    const frame = { t: "inbox", id: "inbox", cursor, ...(limit === undefined ? {} : { limit }) } as const;
    const asked = checkedFrame(this.#house.decode, frame);
    return this.#house.commands.inbox(this.#by, asked.cursor, asked.limit);
  }

  /** A free reference to a conversation, whether there is one or not. Throws `invalid` for what is no id. */
  conversation(c: ConversationId): ActorConversation<D> {
    if (!isId(c)) throw new ChatError("invalid", "unable to name conversation; that is no id");
    return new ActorConversation<D>(this.#house, this.#by, c);
  }
}
