import type {
  Body,
  ConversationId,
  Definition,
  MessageBody,
  MetaOf,
  OwnBody,
  OwnType,
  Role,
  UserId,
} from "@earshot/protocol";
import type { ConversationRow } from "./inbox.ts";
import type { Live } from "./live.ts";
import type { SendOptions } from "./message.ts";
import type { MessageWindow, WindowOptions } from "./message-window.ts";
import type { Outgoing } from "./outgoing.ts";
import type { PresenceView } from "./presence.ts";
import type { ReceiptsView } from "./receipts.ts";
import type { Typing } from "./typing.ts";

export interface MemberList {
  /** Owners first, then admins, members, readers. */
  readonly members: readonly (readonly [user: UserId, role: Role])[];
  readonly cursor: string;
  readonly more: boolean;
}

/** What may be changed of a conversation; what is left out stays. */
export interface ConversationChange<Meta extends Body = Body> {
  readonly title?: string | null;
  readonly meta?: Meta | null;
  /** Whether anybody may join. */
  readonly open?: boolean;
  /** ms between two messages of one member; 0: none. */
  readonly slow?: number;
  /** What is kept of its log: events younger than `age` ms, the newest `messages`; null: as the server keeps all. */
  readonly retention?: { readonly age?: number; readonly messages?: number } | null;
}

/**
 * A reference to one conversation. Free: making one costs nothing, and there is nothing to release.
 *
 * Sends (`send`, `edit`, `delete`, `react`) return at once and never throw: what may not be sent comes back
 * failed, with `invalid` (no JSON object, deeper than 16, more than 256 keys, U+0000, lone surrogates, a key
 * `__proto__`, ids and counters that are none), `too_large` (body or frame over the gateway's bound, or the
 * send queue is full) or `closed`. Bodies are copied; changing one later changes nothing.
 *
 * What returns a promise goes over HTTP, and rejects with the gateway's code, `offline`, `timeout` or
 * `closed`. Asking again is safe.
 */
export interface Conversation<D extends Definition = Definition> {
  readonly id: ConversationId;
  /** Its row of the inbox, live; null while it is not known, or not the user's. Loads the inbox with its first listener. */
  readonly row: Live<ConversationRow<MetaOf<D>> | null>;
  /** Who is typing; and `press()` for each key. */
  readonly typing: Typing;
  /** How far the others have read, while a window is watched. */
  readonly receipts: Live<ReceiptsView>;
  /** Sends a message; connects if need be. */
  send(body: MessageBody<D>, options?: SendOptions): Outgoing<MessageBody<D>>;
  /** Sends an event of the application's own, `options.type`, which no window shows. */
  send<Type extends OwnType<D>>(body: OwnBody<D, Type>, options: SendOptions<Type> & { readonly type: Type }): Outgoing;
  /** Gives an own message another body. Windows show it at once, and take it back if it fails. */
  edit(seq: number, body: MessageBody<D>): Outgoing<MessageBody<D>>;
  /** Takes a message's content away, for all. Windows show it at once, and take it back if it fails. */
  delete(seq: number): Outgoing;
  /** Sets or takes back (`on` false) the own reaction `key`. Windows show it at once, and take it back if it fails. */
  react(seq: number, key: string, on?: boolean): Outgoing;
  /** A window over its messages, live. Calls with the same `around` give the same window. */
  messages(options?: WindowOptions): MessageWindow<MessageBody<D>>;
  /** A window over the replies to one message. Calls with the same seq give the same window. */
  thread(seq: number, options?: Pick<WindowOptions, "limit">): MessageWindow<MessageBody<D>>;
  /** Everything up to `seq` was read; without it, all that is here. Cheap: merged, and kept until the gateway has it. */
  markRead(seq?: number): void;
  /** Sets or clears the unread mark, which the next `markRead` clears too. */
  markUnread(on?: boolean): void;
  /** Of a user who is a member too. Live while it has a listener. */
  presence(user: UserId): Live<PresenceView>;
  update(change: ConversationChange<MetaOf<D>>): Promise<ConversationRow<MetaOf<D>>>;
  /** For ever, not, or until Unix ms. */
  mute(until: boolean | number): Promise<ConversationRow<MetaOf<D>>>;
  pin(seq: number, on?: boolean): Promise<ConversationRow<MetaOf<D>>>;
  members(page?: { readonly cursor?: string; readonly limit?: number }): Promise<MemberList>;
  add(members: readonly (UserId | readonly [user: UserId, role: Role])[]): Promise<ConversationRow<MetaOf<D>>>;
  setRole(user: UserId, role: Role): Promise<ConversationRow<MetaOf<D>>>;
  /** Removes somebody; null where that was the user. */
  removeMember(user: UserId): Promise<ConversationRow<MetaOf<D>> | null>;
  /** Removes somebody for good, or lets them come again (`on` false); null where that was the user. */
  ban(user: UserId, on?: boolean): Promise<ConversationRow<MetaOf<D>> | null>;
  /** Becomes a member of an open one. */
  join(): Promise<ConversationRow<MetaOf<D>>>;
  leave(): Promise<void>;
  /** Deletes it, for all. */
  remove(): Promise<void>;
}
