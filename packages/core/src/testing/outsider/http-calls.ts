import type { ConversationId, InboxRow, Role, SendFrame, UserId } from "@earshot/protocol";
import type { MemberChange } from "../../ports/append.ts";
import { call, type Look } from "./http-call.ts";
import {
  banOutcome,
  joinOutcome,
  memberOutcome,
  membersOutcome,
  patchOutcome,
  pinOutcome,
  removeOutcome,
  sendOutcome,
} from "./outcomes.ts";
import type { OutsiderWorld } from "./outsider-world.ts";
import { pairOf } from "./store-truth.ts";
import { isWithin } from "./true-conversation.ts";

/** What is changed over HTTP. */
export class HttpCalls {
  readonly #world: OutsiderWorld;

  constructor(world: OutsiderWorld) {
    this.#world = world;
  }

  #asked(user: UserId, c: ConversationId) {
    return { conversation: this.#world.conversation(c), user };
  }

  /** Looks at a row, where one is given. */
  #row(user: UserId): Look {
    return (answer) => {
      const fault = answer === null ? null : this.#world.rowFault(user, answer as InboxRow);
      if (fault !== null) this.#world.fail(`a row for ${user}: ${fault}`);
    };
  }

  #call(user: UserId, method: string, path: string, outcome: () => string, body?: unknown, look = this.#row(user)) {
    return call(this.#world, user, [method, path, body], () => [outcome()], look);
  }

  create(
    user: UserId,
    request: {
      readonly kind: string;
      readonly id?: string;
      readonly members: readonly (UserId | readonly [UserId, Role])[];
      readonly open?: boolean;
      readonly history?: string;
    },
  ) {
    const world = this.#world;
    const { kind, id, members } = request;
    const others = new Set(members.map((member) => (typeof member === "string" ? member : member[0])));
    others.delete(user);
    const outcome = (): string => {
      if (kind === "direct" && others.size !== 1) return "invalid";
      const pair = kind === "direct" ? world.truth.pairs.get(pairOf([user, ...others])) : undefined;
      if (pair !== undefined) return "ok";
      const known = id === undefined ? undefined : world.conversation(id);
      if (known === undefined) return "ok";
      return !known.removed && known.made.creator === user && known.roles.has(user) ? "ok" : "conflict";
    };
    return this.#call(user, "POST", "/conversations", outcome, request);
  }

  patch(user: UserId, c: ConversationId, patch: { readonly open?: boolean }) {
    return this.#call(user, "PATCH", `/conversations/${c}`, () => patchOutcome(this.#asked(user, c), patch), patch);
  }

  pin(user: UserId, c: ConversationId, seq: number, pinned: boolean) {
    const outcome = (): string => {
      const asked = this.#asked(user, c);
      return pinOutcome(asked, seq, pinned, isWithin(seq, asked.conversation?.spans(user) ?? []));
    };
    return this.#call(user, pinned ? "PUT" : "DELETE", `/conversations/${c}/pins/${seq}`, outcome);
  }

  put(user: UserId, c: ConversationId, other: UserId, role: Role | undefined) {
    const joins = user === other && role === undefined;
    const outcome = () =>
      joins ? joinOutcome(this.#asked(user, c)) : membersOutcome(this.#asked(user, c), [[other, role ?? "member"]]);
    return this.#call(
      user,
      "PUT",
      `/conversations/${c}/members/${joins ? "me" : other}`,
      outcome,
      role ? { role } : {},
    );
  }

  remove(user: UserId, c: ConversationId, other: UserId) {
    const outcome = () => membersOutcome(this.#asked(user, c), [[other, null]]);
    return this.#call(user, "DELETE", `/conversations/${c}/members/${other === user ? "me" : other}`, outcome);
  }

  addMany(user: UserId, c: ConversationId, members: readonly MemberChange[]) {
    const outcome = () => membersOutcome(this.#asked(user, c), members);
    return this.#call(user, "POST", `/conversations/${c}/members`, outcome, { members });
  }

  ban(user: UserId, c: ConversationId, other: UserId, banned: boolean) {
    const outcome = () => banOutcome(this.#asked(user, c), other);
    return this.#call(user, banned ? "PUT" : "DELETE", `/conversations/${c}/bans/${other}`, outcome);
  }

  block(user: UserId, other: UserId, blocked: boolean) {
    return this.#call(user, blocked ? "PUT" : "DELETE", `/blocks/${other}`, () => (user === other ? "invalid" : "ok"));
  }

  removeConversation(user: UserId, c: ConversationId) {
    return this.#call(user, "DELETE", `/conversations/${c}`, () => removeOutcome(this.#asked(user, c)));
  }

  async send(user: UserId, c: ConversationId, draft: SendFrame) {
    const { t: _, c: __, ...body } = draft;
    const world = this.#world;
    world.came(user, c, draft.id, "asked");
    const began = world.clock.now();
    const outcomes = () => {
      const conversation = world.conversation(c);
      const apart = world.truth.apart(conversation);
      return [began, world.clock.now()].map((at) => sendOutcome({ conversation, user }, draft, at, apart));
    };
    const look: Look = (answer) => {
      const { seq, id } = answer as { readonly seq: number; readonly id: string };
      const row = world.conversation(c)?.log[seq - 1];
      if (row?.id !== id || row.from !== user) world.fail(`I1: ${c} ${seq} is not what ${user} was told of ${id}`);
    };
    const outcome = await call(world, user, ["POST", `/conversations/${c}/messages`, body], outcomes, look);
    world.came(user, c, draft.id, outcome);
  }

  /** `read` is certain once it is answered. */
  async read(user: UserId, c: ConversationId, seq: number) {
    const world = this.#world;
    const conversation = world.conversation(c);
    const since = conversation?.stays(user).at(-1);
    const certain = Math.min(seq, conversation?.head ?? 0);
    const outcome = await this.#call(
      user,
      "PUT",
      `/conversations/${c}/read`,
      () => memberOutcome(this.#asked(user, c)),
      { seq },
    );
    if (outcome === "ok" && since?.[1] === null) world.hasRead(user, c, since[0], certain);
    return outcome;
  }

  own(user: UserId, c: ConversationId, state: { readonly mute?: boolean | number; readonly unread?: boolean }) {
    return this.#call(user, "PATCH", `/conversations/${c}/me`, () => memberOutcome(this.#asked(user, c)), state);
  }
}
