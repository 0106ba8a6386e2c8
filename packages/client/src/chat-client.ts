import {
  type ActiveFrame,
  type Body,
  ChatError,
  type ConversationId,
  type ConversationKind,
  type Definition,
  isId,
  type MetaOf,
  type Role,
  type UserId,
} from "@earshot/protocol";
import type { ConnectionView } from "./connection-view.ts";
import type { Conversation } from "./conversation.ts";
import { ConversationHandle } from "./conversation-handle.ts";
import type { ConversationRow, Inbox, UnreadView } from "./inbox.ts";
import type { Live } from "./live.ts";
import { type ChatClientOptions, checkOptions } from "./options.ts";
import type { StorageView } from "./storage-view.ts";
import { Wiring } from "./wiring.ts";

export interface CreateOptions<Meta extends Body = Body> {
  readonly kind: ConversationKind;
  /** User ids, or `[user, role]`; the caller is a member anyway. */
  readonly members?: readonly (UserId | readonly [user: UserId, role: Role])[];
  readonly title?: string;
  /** Give one, and asking again after a lost answer creates nothing twice. Made by the gateway otherwise. */
  readonly id?: ConversationId;
  readonly meta?: Meta;
  /** Whether anybody may join. */
  readonly open?: boolean;
  /** `all`: whoever comes later has the log from its first event. From their own join on otherwise. */
  readonly history?: "all";
}

let roomsOf: (chat: ChatClient) => Wiring;

/**
 * One user's chat, on one device. Nothing connects before something needs it, so building one is free. `D`: what the
 * application's bodies look like, as `defineChat` has it on the server: `new ChatClient<typeof definition>(…)`.
 */
export class ChatClient<D extends Definition = Definition> {
  /** How it stands with the gateway. */
  readonly connection: Live<ConnectionView>;
  /** Who the gateway says we are, or until it has said so whose things are stored here; null while neither is known. */
  readonly user: Live<UserId | null>;
  /** The user's conversations. */
  readonly inbox: Inbox<MetaOf<D>>;
  /** What is unread in all of them, muted ones left out: for a title, or a badge. Loads the inbox with its first listener. */
  readonly unread: Live<UnreadView>;
  /** Whether what is here would survive a reload. */
  readonly storage: Live<StorageView>;
  /** The same as `close()`, where the platform has the symbol. */
  declare readonly [Symbol.asyncDispose]: () => Promise<void>;

  readonly #wiring: Wiring;
  #closing: Promise<void> | null = null;

  static {
    roomsOf = (chat) => chat.#wiring;
  }

  constructor(options: ChatClientOptions) {
    checkOptions(options);
    const wiring = new Wiring(options);
    this.#wiring = wiring;
    this.connection = wiring.connectionCell;
    this.user = wiring.userCell;
    // The gateway has checked what comes by the definition; here it is a type alone.
    this.inbox = wiring.inbox as Inbox<Body> as Inbox<MetaOf<D>>;
    this.unread = wiring.inbox.unread;
    this.storage = wiring.storageCell;
    if (Symbol.asyncDispose) this[Symbol.asyncDispose] = () => this.close();
  }

  /** A reference to a conversation, which may or may not exist. Throws `invalid` for what is no id. */
  conversation(id: ConversationId): Conversation<D> {
    if (!isId(id)) throw new ChatError("invalid", "unable to refer to a conversation; its id is none");
    return new ConversationHandle(this.#wiring, id) as Conversation as unknown as Conversation<D>;
  }

  /** Connects now: before anything needs it, instead of waiting for the next attempt, or again after a stop. */
  connect(): void {
    const { changes, connection } = this.#wiring;
    changes.run(() => connection.revive());
  }

  /**
   * Creates a conversation, or finds the one that is there: a `direct` of the same two users is always
   * the same. Rejects with the gateway's code, `offline`, `timeout` or `closed`.
   */
  async create(options: CreateOptions<MetaOf<D>>): Promise<ConversationRow<MetaOf<D>>> {
    const { calls, changes, connection } = this.#wiring;
    const answer = calls.ask("POST", "/conversations", options);
    changes.run(() => connection.want());
    return this.#wiring.put(await answer) as ConversationRow<MetaOf<D>>;
  }

  /**
   * Blocks somebody, or no longer (`on` false): neither can send to the other's `direct`, nor see the
   * other's presence. Rejects as `create` does.
   */
  async block(user: UserId, on = true): Promise<void> {
    const { calls, changes, presence } = this.#wiring;
    await calls.done(on ? "PUT" : "DELETE", `/blocks/${encodeURIComponent(user)}`);
    changes.run(() => presence.parted(user));
  }

  /**
   * Says whether this device is in use, for the others to see; `invisible`: they see none. `auto`, the
   * default: idle once the page has been hidden for a minute. Kept for as long as the client runs.
   */
  setActivity(state: ActiveFrame["state"] | "auto"): void {
    const { activity, changes } = this.#wiring;
    changes.run(() => activity.choose(state));
  }

  /**
   * Says goodbye and lets everything go: no timer, socket or listener on the platform is left. Sends that
   * are not answered fail with `closed`. `forget`: also what is stored of this user on this device.
   */
  close({ forget = false }: { readonly forget?: boolean } = {}): Promise<void> {
    this.#closing ??= this.#wiring.close(new ChatError("closed", "unable to go on; the client is closed"), forget);
    return this.#closing;
  }
}

/** A client's rooms: the door of testing/, to see what it does. No part of the public surface. */
export function wiringOf(chat: ChatClient): Wiring {
  return roomsOf(chat);
}
