import { type Body, ChatError, type ConversationId, type Role, type UserId } from "@earshot/protocol";
import type { Changes } from "./changes.ts";
import type { Conversation, ConversationChange, MemberList } from "./conversation.ts";
import { type Calls, unreadable } from "./http/calls.ts";
import type { ConversationRow } from "./inbox.ts";
import type { Live } from "./live.ts";
import type { AnySendOptions } from "./message.ts";
import type { MessageWindow, WindowOptions } from "./message-window.ts";
import type { Outgoing } from "./outgoing.ts";
import type { PresenceView } from "./presence.ts";
import type { ReceiptsView } from "./receipts.ts";
import type { Typing } from "./typing.ts";

/** What conversations are made of; the wiring supplies it. */
export interface ConversationHost {
  readonly changes: Changes;
  readonly sends: { send(c: ConversationId, body: Body | undefined, options: AnySendOptions): Outgoing };
  /** `re`: over the replies to it. */
  readonly windows: { open(c: ConversationId, options: WindowOptions, re?: number): MessageWindow };
  readonly inbox: { row(c: ConversationId): Live<ConversationRow | null> };
  readonly typing: { of(c: ConversationId): Typing };
  readonly receipts: { of(c: ConversationId): Live<ReceiptsView> };
  readonly presence: { of(c: ConversationId, user: UserId): Live<PresenceView> };
  readonly marks: { markRead(c: ConversationId, seq?: number): void; markUnread(c: ConversationId, on: boolean): void };
  readonly calls: Pick<Calls, "ask">;
  /** The row that a call has answered with. */
  put(answer: unknown): ConversationRow;
  /** The conversation is not the user's any more. */
  gone(c: ConversationId): void;
}

/** Holds nothing: every word goes to the room that it is about. */
export class ConversationHandle implements Conversation {
  readonly id: ConversationId;
  readonly row: Live<ConversationRow | null>;
  readonly typing: Typing;
  readonly receipts: Live<ReceiptsView>;
  readonly #host: ConversationHost;
  readonly #path: string;

  constructor(host: ConversationHost, id: ConversationId) {
    this.#host = host;
    this.#path = `/conversations/${id}`;
    this.id = id;
    this.row = host.inbox.row(id);
    this.typing = host.typing.of(id);
    this.receipts = host.receipts.of(id);
  }

  send(body: Body, options: AnySendOptions = {}): Outgoing {
    return this.#send(body, options);
  }

  edit(seq: number, body: Body): Outgoing {
    return this.send(body, { type: "edit", re: seq });
  }

  delete(seq: number): Outgoing {
    return this.#send(undefined, { type: "delete", re: seq });
  }

  react(seq: number, key: string, on = true): Outgoing {
    return this.send({ key, on }, { type: "react", re: seq });
  }

  messages(options: WindowOptions = {}): MessageWindow {
    return this.#host.windows.open(this.id, options);
  }

  thread(seq: number, options: WindowOptions = {}): MessageWindow {
    return this.#host.windows.open(this.id, options, seq);
  }

  markRead(seq?: number): void {
    this.#host.marks.markRead(this.id, seq);
  }

  markUnread(on = true): void {
    this.#host.marks.markUnread(this.id, on);
  }

  presence(user: UserId): Live<PresenceView> {
    return this.#host.presence.of(this.id, user);
  }

  update(change: ConversationChange): Promise<ConversationRow> {
    return this.#put("PATCH", "", change);
  }

  mute(until: boolean | number): Promise<ConversationRow> {
    return this.#put("PATCH", "/me", { mute: until });
  }

  pin(seq: number, on = true): Promise<ConversationRow> {
    return this.#put(on ? "PUT" : "DELETE", `/pins/${seq}`);
  }

  async members(page: { readonly cursor?: string; readonly limit?: number } = {}): Promise<MemberList> {
    const query = Object.entries(page).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
    const list = (await this.#host.calls.ask("GET", `${this.#path}/members?${query.join("&")}`)) as MemberList;
    if (!Array.isArray(list?.members)) throw unreadable();
    return list;
  }

  add(members: readonly (UserId | readonly [user: UserId, role: Role])[]): Promise<ConversationRow> {
    return this.#put("POST", "/members", { members });
  }

  setRole(user: UserId, role: Role): Promise<ConversationRow> {
    return this.#put("PUT", of("members", user), { role });
  }

  removeMember(user: UserId): Promise<ConversationRow | null> {
    return this.#change("DELETE", of("members", user));
  }

  ban(user: UserId, on = true): Promise<ConversationRow | null> {
    return this.#change(on ? "PUT" : "DELETE", of("bans", user));
  }

  join(): Promise<ConversationRow> {
    return this.#put("PUT", "/members/me", {});
  }

  async leave(): Promise<void> {
    await this.#change("DELETE", "/members/me");
  }

  async remove(): Promise<void> {
    await this.#change("DELETE", "");
  }

  #send(body: Body | undefined, options: AnySendOptions): Outgoing {
    const { changes, sends } = this.#host;
    return changes.run(() => sends.send(this.id, body, options));
  }

  /** Answers with the row, or null where the conversation is the user's no longer. */
  async #change(...[method, path, body]: Parameters<Calls["ask"]>): Promise<ConversationRow | null> {
    const answer = await this.#host.calls.ask(method, this.#path + path, body);
    if (answer !== null) return this.#host.put(answer);
    this.#host.gone(this.id);
    return null;
  }

  async #put(...request: Parameters<Calls["ask"]>): Promise<ConversationRow> {
    const row = await this.#change(...request);
    if (row === null)
      throw new ChatError("not_found", "unable to read the conversation; it is not the user's any more");
    return row;
  }
}

function of(list: string, user: UserId): string {
  return `/${list}/${encodeURIComponent(user)}`;
}
