import {
  type Body,
  ChatError,
  type ConversationId,
  type Definition,
  type InboxRow,
  isUserId,
  LIMITS,
  type Mentions,
  type MessageBody,
  type MessageId,
  type OwnBody,
  type OwnType,
  type Role,
  type SendFrame,
  type SentFrame,
  type UserId,
} from "@earshot/protocol";
import type { MemberChange } from "../ports/append.ts";
import type { Asking, Commands, Page, PageRequest, Patch } from "../ports/commands.ts";
import type { ChatEvent } from "../ports/hooks.ts";
import { checkedFrame, type DecodeFrame } from "./checked-frame.ts";
import { type ConversationEventsSurroundings, conversationEvents } from "./conversation-events.ts";
import type { Drafts, StoredDraft } from "./drafts.ts";

export interface ActorConversationSurroundings extends Omit<ConversationEventsSurroundings, "fetch"> {
  readonly commands: Commands;
  readonly decode: DecodeFrame;
  readonly drafts: Pick<Drafts, "store">;
  /** A new id, never used before. */
  newId(): string;
  /** The patch as HTTP would have let it through. Rejects with `invalid`. */
  checkedPatch(patch: unknown): Promise<Patch>;
}

/** Beside a message's body. */
export interface SendOptions<Type extends string = "message" | `x-${string}`> {
  /** The idempotency key: give one of your own where a send that failed is to be repeated. Default: a new one. */
  readonly id?: MessageId;
  /** `message`, or a type of your own. */
  readonly type?: Type;
  /** Seq of the message that this replies to. */
  readonly re?: number;
  readonly mentions?: Mentions;
  readonly slot?: string;
  /** Refuse with `conflict` unless this is the seq of the last event of `slot`; 0: of none. */
  readonly expect?: number;
}

/** Beside them, of a message that is part of the host's own transaction. */
export interface InTransaction {
  /**
   * The transaction in which the message is stored; it is numbered right after the commit. With `postgresStore`: a
   * connected `pg` client on the store's database that has begun one.
   */
  readonly tx: object;
}

/** What was appended, or, with `dup`, what had been under the same id. `body`: what was stored, where a hook rewrote it. */
export type Sent = Omit<SentFrame, "t">;

const ROLES: readonly unknown[] = ["owner", "admin", "member", "reader"] satisfies Role[];
const MEMBERS_LIMIT = 100;

/**
 * One conversation, as an actor has it. Every call rejects with `not_found` where there is none that is the
 * actor's. Calls that change it give the actor's row of it, null where they have none. Sends keep their order where each is awaited.
 */
export class ActorConversation<D extends Definition = Definition> {
  readonly id: ConversationId;
  readonly #house: ActorConversationSurroundings;
  readonly #by: Asking;

  constructor(house: ActorConversationSurroundings, by: Asking, c: ConversationId) {
    this.id = c;
    this.#house = house;
    this.#by = by;
  }

  /**
   * Sends a message, or an event of a type of your own. Resolves when it is durable. Rejects as `POST …/messages` does.
   *
   * With `tx` it resolves when it is stored in that transaction: the message appears, once, if and when that commits,
   * whatever becomes of this process; never if it is rolled back. Everything is asked and checked now; what the log decides (membership and role once
   * more, blocks, `re`, `slot`, slow mode) then: who is refused is told of by `on("refused")`. Rejects with `invalid` where the store takes
   * no transactions, or not this one, and with `unavailable` where too many wait.
   */
  send(body: MessageBody<D>, options: SendOptions<"message"> & InTransaction): Promise<StoredDraft>;
  send<Type extends OwnType<D>>(
    body: OwnBody<D, Type>,
    options: SendOptions<Type> & { readonly type: Type } & InTransaction,
  ): Promise<StoredDraft>;
  send(body: MessageBody<D>, options?: SendOptions<"message"> & { readonly tx?: never }): Promise<Sent>;
  send<Type extends OwnType<D>>(
    body: OwnBody<D, Type>,
    options: SendOptions<Type> & { readonly type: Type; readonly tx?: never },
  ): Promise<Sent>;
  async send(body: Body, options: SendOptions & Partial<InTransaction> = {}): Promise<Sent | StoredDraft> {
    const { type = "message", tx } = options;
    const frame = this.#checked({ ...options, tx: undefined, type, body });
    if (tx !== undefined) return this.#house.drafts.store(this.#by, frame, tx);
    return toldOf(await this.#house.commands.send(this.#by, frame));
  }

  /** Gives the actor's own message `seq` another body. */
  edit(
    seq: number,
    body: MessageBody<D>,
    options: { readonly id?: MessageId; readonly mentions?: Mentions } = {},
  ): Promise<Sent> {
    return this.#send({ ...options, type: "edit", re: seq, body });
  }

  /** Deletes the message `seq`: takes its content away, for all. */
  delete(seq: number, options: { readonly id?: MessageId } = {}): Promise<Sent> {
    return this.#send({ ...options, type: "delete", re: seq });
  }

  /** Adds the actor's reaction to the message `seq`, or takes it back. */
  react(seq: number, key: string, on = true, options: { readonly id?: MessageId } = {}): Promise<Sent> {
    return this.#send({ ...options, type: "react", re: seq, body: { key, on } });
  }

  /** The actor has read up to `seq`. */
  async read(seq: number): Promise<void> {
    const frame = checkedFrame(this.#house.decode, { t: "read", c: this.id, seq });
    await this.#house.commands.read(this.#by, frame.c, frame.seq);
  }

  /** A page: the log `after` a seq; or messages as they stand, `before` or `around` one, or the newest. */
  async fetch(request: PageRequest = {}): Promise<Page> {
    const frame = { t: "fetch", id: "fetch", c: this.id, ...request } as const;
    const { t: _t, id: _id, ...asked } = checkedFrame(this.#house.decode, frame);
    const { t: _, ...page } = await this.#house.commands.fetch(this.#by, asked);
    return page;
  }

  /**
   * The log above `after` (default: above its head now), event by event as the actor may have it, and on
   * with what comes. Ends when the conversation is not theirs any longer, and when the engine closes. Rejects with
   * `conflict` if the log is another one than it was: begin anew.
   */
  events(options: { readonly after?: number } = {}): AsyncIterableIterator<ChatEvent, void, undefined> {
    const fetch = (request: PageRequest): Promise<Page> => this.fetch(request);
    return conversationEvents({ ...this.#house, fetch }, this.id, options);
  }

  /** The actor's row of it, as in their inbox. */
  async get(): Promise<InboxRow> {
    const row = await this.#house.commands.row(this.#by, this.id);
    if (row === null) throw new ChatError("not_found", "unable to read conversation; no such conversation");
    return row;
  }

  async patch(patch: Patch): Promise<InboxRow | null> {
    return this.#house.commands.patch(this.#by, this.id, await this.#house.checkedPatch(patch));
  }

  /** A page of its members: owners first, then admins, members, readers. `limit`: 100 unless given, at most 200. */
  async members({ cursor = null, limit = MEMBERS_LIMIT }: { cursor?: string | null; limit?: number } = {}): Promise<{
    readonly members: readonly (readonly [UserId, Role])[];
    readonly cursor: string;
    readonly more: boolean;
  }> {
    if (!Number.isSafeInteger(limit) || limit < 1) throw invalid("list members", "limit is a count from 1");
    const rows = Math.min(limit, LIMITS.pageRowsMax);
    const page = await this.#house.commands.members(this.#by, this.id, cursor, rows);
    return { members: page.members, cursor: page.cursor, more: page.more };
  }

  /** Gives users a role, which adds who is no member; null removes them. */
  async setMembers(changes: readonly MemberChange[]): Promise<InboxRow | null> {
    for (const [user, role] of changes) {
      if (!isUserId(user) || (role !== null && !ROLES.includes(role))) {
        throw invalid("change members", "each is a user id and a role, or null");
      }
    }
    return this.#house.commands.changeMembers(this.#by, this.id, changes);
  }

  /** Joins an open conversation. */
  join(): Promise<InboxRow | null> {
    return this.#house.commands.join(this.#by, this.id);
  }

  async leave(): Promise<void> {
    await this.#house.commands.changeMembers(this.#by, this.id, [[this.#by.user, null]]);
  }

  /** Bans a user, who is removed with it; or lifts the ban. */
  async ban(user: UserId, banned = true): Promise<InboxRow | null> {
    if (!isUserId(user)) throw invalid("change bans", "that is no user id");
    return this.#house.commands.ban(this.#by, this.id, user, banned);
  }

  async pin(seq: number, pinned = true): Promise<InboxRow | null> {
    if (!Number.isSafeInteger(seq) || seq < 1) throw invalid("pin message", "that is no seq");
    return this.#house.commands.pin(this.#by, this.id, seq, pinned);
  }

  /** Removes the conversation with everything in it, for all. */
  remove(): Promise<void> {
    return this.#house.commands.remove(this.#by, this.id);
  }

  /** Who has received and read it up to `seq` (default: its head), a page by user id. */
  async receipts(
    request: { readonly seq?: number; readonly cursor?: string; readonly limit?: number } = {},
  ): Promise<Awaited<ReturnType<Commands["receipts"]>>> {
    const { seq = 0, limit = 1 } = request;
    if (!Number.isSafeInteger(seq) || seq < 0 || !Number.isSafeInteger(limit) || limit < 1) {
      throw invalid("list receipts", "seq and limit are counts");
    }
    return this.#house.commands.receipts(this.#by, this.id, request);
  }

  async #send(asked: Omit<SendFrame, "t" | "c" | "id"> & { id?: MessageId }): Promise<Sent> {
    return toldOf(await this.#house.commands.send(this.#by, this.#checked(asked)));
  }

  #checked(asked: Omit<SendFrame, "t" | "c" | "id"> & { id?: MessageId; tx?: undefined }): SendFrame {
    const { decode, newId } = this.#house;
    return checkedFrame<SendFrame>(decode, { ...asked, t: "send", id: asked.id ?? newId(), c: this.id });
  }
}

function toldOf({ id, c, epoch, seq, ord, at, dup, body }: SentFrame): Sent {
  const sent = { id, c, epoch, seq, ord, at };
  if (dup === undefined && body === undefined) return sent;
  return { ...sent, ...(dup === undefined ? {} : { dup }), ...(body === undefined ? {} : { body }) };
}

function invalid(action: string, why: string): ChatError {
  return new ChatError("invalid", `unable to ${action}; ${why}`);
}
