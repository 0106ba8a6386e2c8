import type { ConversationId, InboxRow, Role, UserId } from "@earshot/protocol";
import { call, type Look } from "./http-call.ts";
import { memberOutcome } from "./outcomes.ts";
import type { OutsiderWorld } from "./outsider-world.ts";
import { pageFault, type SeenPage, same } from "./page-check.ts";

/** What is read over HTTP. */
export class HttpReads {
  readonly #world: OutsiderWorld;

  constructor(world: OutsiderWorld) {
    this.#world = world;
  }

  #read(user: UserId, c: ConversationId, path: string, look: Look) {
    const outcome = () => [memberOutcome({ conversation: this.#world.conversation(c), user })];
    return call(this.#world, user, ["GET", path], outcome, look);
  }

  row(user: UserId, c: ConversationId) {
    return this.#read(user, c, `/conversations/${c}`, (answer) => {
      const fault = this.#world.rowFault(user, answer as InboxRow);
      if (fault !== null) this.#world.fail(`the row of ${c} for ${user}: ${fault}`);
    });
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
    return this.#read(user, c, path, look);
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
    return this.#read(user, c, `/conversations/${c}/members?limit=200`, look);
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
    return this.#read(user, c, `/conversations/${c}/receipts?seq=${seq}&limit=200`, look);
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
    return this.#read(user, c, `/presence?c=${c}&${query}`, look);
  }
}
