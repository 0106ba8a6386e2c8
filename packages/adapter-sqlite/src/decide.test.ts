import { describe, expect, it } from "vitest";
import type { EntryText, TermsText } from "./calls.ts";
import { type AuthorBefore, type ConversationBefore, type Lookups, refusalOf } from "./decide.ts";

/** An entry of a member that nothing speaks against, but for what a test says. */
interface Case {
  readonly entry: Partial<EntryText>;
  readonly terms: Partial<TermsText>;
  readonly conversation: Partial<ConversationBefore>;
  readonly author: AuthorBefore | null;
  readonly look: Partial<Lookups>;
}

const MEMBER = 2;
const OWNERS = 1;
const EVERYBODY = 15;
const fine: Case = { entry: {}, terms: {}, conversation: {}, author: { rank: MEMBER, lastAt: null }, look: {} };

function codeOf({ entry, terms, conversation, author, look }: Case): string | null {
  const given: EntryText = {
    conversation: "c1",
    user: "alice",
    at: 1_000,
    type: "message",
    body: "{}",
    re: null,
    mentions: null,
    id: "m1",
    hash: "h1",
    lookup: false,
    by: EVERYBODY,
    terms: {
      target: null,
      slot: null,
      expect: null,
      reaction: null,
      members: null,
      ifMembersVersion: null,
      system: false,
      join: false,
      bans: null,
      settings: null,
      ifSettingsVersion: null,
      rewritten: false,
      ...terms,
    },
    ...entry,
  };
  const before = { conversation: 1, membersVersion: 5, slow: 0, pair: null, ...conversation };
  const found: Lookups = {
    isMember: () => false,
    isBanned: () => false,
    isOpen: () => true,
    settingsVersion: () => 7,
    isBlocked: () => false,
    target: () => ({ type: "message", sender: "bob", deleted: 0 }),
    lastOf: () => 17,
    keysWith: () => 1,
    ...look,
  };
  return refusalOf(given, before, author, found)?.code ?? null;
}

function merge(one: Case, other: Partial<Case>): Case {
  return {
    entry: { ...one.entry, ...other.entry },
    terms: { ...one.terms, ...other.terms },
    conversation: { ...one.conversation, ...other.conversation },
    author: other.author === undefined ? one.author : other.author,
    look: { ...one.look, ...other.look },
  };
}

/** What is refused, in the order of the checks. Each can be put beside every later one. */
const REFUSALS: readonly (readonly [code: string, Partial<Case>])[] = [
  ["forbidden", { entry: { by: OWNERS } }],
  ["blocked", { conversation: { pair: "alice bob" }, look: { isBlocked: () => true } }],
  ["stale", { terms: { ifMembersVersion: 4 } }],
  ["stale", { terms: { ifSettingsVersion: 6 } }],
  ["banned", { terms: { members: [["mallory", MEMBER]] }, look: { isBanned: (_, user) => user === "mallory" } }],
  ["no_target", { entry: { re: 3 }, look: { target: () => undefined } }],
  ["forbidden", { entry: { re: 3 }, terms: { target: { authorOr: OWNERS, live: false } } }],
  [
    "deleted",
    {
      entry: { re: 3 },
      terms: { target: { authorOr: null, live: true } },
      look: { target: () => ({ type: "message", sender: "bob", deleted: 1 }) },
    },
  ],
  ["slot", { terms: { slot: "mls", expect: 16 } }],
  [
    "too_many",
    { entry: { re: 3 }, terms: { reaction: { key: "k", on: true, keysMax: 50 } }, look: { keysWith: () => 51 } },
  ],
  ["too_soon", { conversation: { slow: 100 }, author: { rank: MEMBER, lastAt: 950 } }],
];

describe("why an entry is refused", () => {
  it("is nothing where nothing speaks against it", () => {
    expect(codeOf(fine)).toBe(null);
    expect(codeOf(merge(fine, { entry: { terms: null } }))).toBe(null);
    const right = {
      entry: { re: 3 },
      terms: {
        target: { authorOr: 1 << MEMBER, live: true },
        slot: "mls",
        expect: 17,
        reaction: { key: "k", on: true, keysMax: 50 },
        members: [["mallory", null]],
        ifMembersVersion: 5,
        ifSettingsVersion: 7,
      },
      conversation: { pair: "alice bob", slow: 100 },
      author: { rank: MEMBER, lastAt: 900 },
      look: { isBanned: () => true, keysWith: () => 50 },
    } as const;
    expect(codeOf(merge(fine, right))).toBe(null);
  });

  it.each(REFUSALS.map(([code, case_], at) => [at, code, case_] as const))("check %i: %s", (_, code, case_) => {
    expect(codeOf(merge(fine, case_))).toBe(code);
  });

  it("is the first of two that speak against it, in the order of the port", () => {
    for (const [first, [code, one]] of REFUSALS.entries()) {
      for (const [, other] of REFUSALS.slice(first + 1)) {
        // The first one's own words come last where both say something of the same field.
        expect(codeOf(merge(merge(fine, other), one)), `${first}`).toBe(code);
      }
    }
  });

  it("comes before all others for who is no member, and is another for who joins", () => {
    const stranger = { author: null };
    const left = { author: { rank: null, lastAt: null } };
    for (const author of [stranger, left]) {
      const everything = REFUSALS.reduce((all, [, each]) => merge(all, each), fine);
      expect(codeOf(merge(everything, author))).toBe("not_found");
      const joins = merge(merge(fine, { terms: { join: true }, entry: { by: 0, id: null } }), author);
      expect(codeOf(joins)).toBe(null);
      expect(codeOf(merge(joins, { look: { isOpen: () => false } }))).toBe("not_found");
      expect(codeOf(merge(joins, { look: { isOpen: () => false, isBanned: () => true } }))).toBe("banned");
    }
    expect(codeOf(merge(fine, { terms: { join: true }, entry: { by: 0 } }))).toBe(null);
  });

  it("is not slow mode for admins, for other events, nor after the time", () => {
    const soon = { conversation: { slow: 100 }, author: { rank: MEMBER, lastAt: 950 } };
    expect(codeOf(merge(fine, { ...soon, author: { rank: 1, lastAt: 950 } }))).toBe(null);
    expect(codeOf(merge(fine, { ...soon, entry: { type: "edit" } }))).toBe(null);
    expect(codeOf(merge(fine, { ...soon, entry: { at: 1_050 } }))).toBe(null);
    expect(codeOf(merge(fine, { ...soon, entry: { at: 1_049 } }))).toBe("too_soon");
  });

  it("is for the host neither role, block, authorship nor pace, and everything else", () => {
    const ofAuthor = new Set(["forbidden", "blocked", "too_soon"]);
    for (const [at, [code, case_]] of REFUSALS.entries()) {
      const system = merge(case_ as Case, { terms: { system: true } });
      for (const author of [fine.author, null, { rank: null, lastAt: null }, { rank: MEMBER, lastAt: 950 }]) {
        const refusal = codeOf(merge(merge(fine, system), { author, conversation: { slow: 100 } }));
        expect(refusal, `${at}`).toBe(ofAuthor.has(code) ? null : code);
      }
    }
  });

  it("is not a block for an event of the gateway", () => {
    const blocked = { conversation: { pair: "alice bob" }, look: { isBlocked: () => true } };
    expect(codeOf(merge(fine, { ...blocked, entry: { id: null } }))).toBe(null);
  });
});
