import type { ConversationId, InboxRow, Role, SendFrame, UserId } from "@earshot/protocol";
import type { MemberChange } from "../../ports/message-store.ts";
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
import { pageFault, type SeenPage, same } from "./page-check.ts";
import { pairOf } from "./store-truth.ts";
import { isWithin } from "./true-conversation.ts";

type Look = (answer: unknown, status: number) => void;

/** One HTTP call, whose answer has to be one of those that were right at some moment. */
async function call(
  world: OutsiderWorld,
  user: UserId,
  [method, path, body]: readonly [string, string, unknown?],
  outcomes: () => readonly string[],
  look: Look = () => {},
): Promise<string> {
  const name = `${user} ${method} ${path} ${body === undefined ? "" : JSON.stringify(body).slice(0, 200)}`;
  world.note(name);
  const request = world.requests.begin({ name, outcomes, possible: new Set<string>() });
  const response = await world.engine.chat.fetch(
    new Request(`http://test${path}`, {
      method,
      headers: { authorization: `Bearer ${user}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
  const text = await response.text();
  const answer = text === "" ? null : (JSON.parse(text) as { readonly code?: string; readonly last?: number });
  const refused = answer?.last === undefined ? (answer?.code ?? "") : `${answer.code} ${answer.last}`;
  const outcome = response.status < 300 ? "ok" : refused;
  world.requests.end(
    request,
    outcome === "ok" && response.status === 200 && path.endsWith("/messages") && method === "POST" ? "dup" : outcome,
  );
  if (response.status < 300) look(answer, response.status);
  return outcome;
}

/** What is asked of one conversation by one user. */
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
    } & object,
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

  send(user: UserId, c: ConversationId, draft: SendFrame) {
    const { t: _, c: __, ...body } = draft;
    const world = this.#world;
    world.came(user, c, draft.id, "asked");
    const began = world.clock.now();
    const outcomes = () => {
      const conversation = world.conversation(c);
      const apart = world.truth.apart(conversation);
      return [began, world.clock.now()].map((at) => sendOutcome({ conversation, user }, draft, at, apart));
    };
    const look: Look = (answer, status) => {
      const { seq, id } = answer as { readonly seq: number; readonly id: string };
      const row = world.conversation(c)?.log[seq - 1];
      if (row?.id !== id || row.from !== user) world.fail(`I1: ${c} ${seq} is not what ${user} was told of ${id}`);
      world.came(user, c, draft.id, status === 200 ? "dup" : "ok");
    };
    return call(world, user, ["POST", `/conversations/${c}/messages`, body], outcomes, look);
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
    const look: Look = (answer, status) => {
      this.#row(user)(answer, status);
    };
    return this.#call(user, "PATCH", `/conversations/${c}/me`, () => memberOutcome(this.#asked(user, c)), state, look);
  }

  get(user: UserId, c: ConversationId) {
    return this.#call(user, "GET", `/conversations/${c}`, () => memberOutcome(this.#asked(user, c)));
  }

  messages(
    user: UserId,
    c: ConversationId,
    asked: {
      readonly after?: number;
      readonly before?: number;
      readonly around?: number;
      readonly re?: number;
      readonly limit?: number;
    },
  ) {
    const query = new URLSearchParams(
      Object.entries(asked).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const look: Look = (answer) => {
      const conversation = this.#world.conversation(c);
      const fault =
        conversation === undefined ? "of nothing" : pageFault(conversation, user, answer as SeenPage, asked);
      if (fault !== null) this.#world.fail(`I17: a page of ${c} ${JSON.stringify(asked)} for ${user}: ${fault}`);
    };
    const path = `/conversations/${c}/messages?${query}`;
    return this.#call(user, "GET", path, () => memberOutcome(this.#asked(user, c)), undefined, look);
  }

  members(user: UserId, c: ConversationId) {
    const look: Look = (answer) => {
      const { members, more } = answer as {
        readonly members: readonly (readonly [UserId, Role])[];
        readonly more: boolean;
      };
      const conversation = this.#world.conversation(c);
      const heads = Array.from({ length: conversation?.head ?? 0 }, (_, index) => (conversation?.head ?? 0) - index);
      const right = heads.some(
        (head) =>
          members.every(([one, role]) => conversation?.roleAt(one, head) === role) &&
          (more || conversation?.membersAt(head) === members.length),
      );
      if (!right) this.#world.fail(`members of ${c} never were ${JSON.stringify(members)}`);
    };
    return this.#call(
      user,
      "GET",
      `/conversations/${c}/members?limit=200`,
      () => memberOutcome(this.#asked(user, c)),
      undefined,
      look,
    );
  }

  receipts(user: UserId, c: ConversationId, seq: number) {
    const look: Look = (answer) => {
      const { users, more, delivered, read } = answer as {
        users: readonly (readonly [UserId, number, number])[];
        more: boolean;
        delivered: number;
        read: number;
      };
      const counts = [users.filter((one) => one[1] >= seq).length, users.filter((one) => one[2] >= seq).length];
      if (!more && !same(counts, [delivered, read]))
        this.#world.fail(`receipts of ${c} count ${delivered}, ${read} instead of ${counts}`);
    };
    return this.#call(
      user,
      "GET",
      `/conversations/${c}/receipts?seq=${seq}&limit=200`,
      () => memberOutcome(this.#asked(user, c)),
      undefined,
      look,
    );
  }

  presence(user: UserId, c: ConversationId, users: readonly UserId[]) {
    const look: Look = (answer) => {
      const { users: told } = answer as { users: readonly { user: UserId }[] };
      for (const { user: one } of told)
        if (!users.includes(one)) this.#world.fail(`presence of ${one}, who was not asked for`);
      if (this.#world.stormy) return;
      const { truth } = this.#world;
      const members = this.#world.conversation(c)?.roles;
      const seen = users.filter((one) => members?.has(one) && (one === user || !truth.blockedBetween(user, one)));
      const shown = told.map(({ user: one }) => one);
      if (!same(shown, [...new Set(seen)])) this.#world.fail(`presence of ${shown} instead of ${seen} for ${user}`);
    };
    const query = users.map((one) => `user=${one}`).join("&");
    return this.#call(
      user,
      "GET",
      `/presence?c=${c}&${query}`,
      () => memberOutcome(this.#asked(user, c)),
      undefined,
      look,
    );
  }
}
