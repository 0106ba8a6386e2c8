import type { Role } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_PERMISSIONS, type Permissions } from "../options.ts";
import type { MemberChange } from "../ports/append.ts";
import { mayChangeMembers, rulersOf, withOwner } from "./permissions.ts";

const ROLES: readonly Role[] = ["owner", "admin", "member", "reader"];
type Standing = Role | null;

/** Whether a caller of one role may change another user from one standing to another. */
const may = (caller: Role, from: Standing, to: Standing, permissions: Permissions = DEFAULT_PERMISSIONS): boolean =>
  mayChangeMembers({
    permissions,
    kind: "group",
    caller: { user: "me", role: caller },
    changes: [["you", to]],
    current: new Map(
      from === null
        ? [["me", caller]]
        : [
            ["me", caller],
            ["you", from],
          ],
    ),
  });

describe("mayChangeMembers", () => {
  it("lets an owner make anybody anything", () => {
    for (const from of [null, ...ROLES]) for (const to of [null, ...ROLES]) expect(may("owner", from, to)).toBe(true);
  });

  it("lets an admin add, change and remove members and readers, and nobody above", () => {
    const allowed = new Set<Standing>([null, "member", "reader"]);
    for (const from of [null, ...ROLES]) {
      for (const to of [null, ...ROLES]) {
        expect([from, to, may("admin", from, to)]).toEqual([from, to, allowed.has(from) && allowed.has(to)]);
      }
    }
  });

  it("S17: lets members and readers change nobody", () => {
    for (const caller of ["member", "reader"] as const) {
      for (const from of [null, ...ROLES]) for (const to of [null, ...ROLES]) expect(may(caller, from, to)).toBe(false);
    }
  });

  it("lets everybody leave, and nobody raise themselves", () => {
    for (const [rank, role] of ROLES.entries()) {
      const of = (to: Standing) =>
        mayChangeMembers({
          permissions: DEFAULT_PERMISSIONS,
          kind: "group",
          caller: { user: "me", role },
          changes: [["me", to]],
          current: new Map([["me", role]]),
        });
      expect(of(null)).toBe(true);
      for (const higher of ROLES.slice(0, rank)) expect([role, higher, of(higher)]).toEqual([role, higher, false]);
    }
  });

  it("allows a call only if it allows every change in it", () => {
    const changes: readonly MemberChange[] = [
      ["you", "member"],
      ["them", null],
    ];
    const of = (them: Role) =>
      mayChangeMembers({
        permissions: DEFAULT_PERMISSIONS,
        kind: "group",
        caller: { user: "me", role: "admin" },
        changes,
        current: new Map([["them", them]]),
      });
    expect([of("reader"), of("owner")]).toEqual([true, false]);
  });

  it("lets nobody change a direct conversation, and nobody leave it", () => {
    for (const role of ROLES) {
      for (const changes of [[["you", "member"]], [["me", null]]] as const) {
        const current = new Map([["me", role]]);
        const caller = { user: "me", role };
        const request = { permissions: DEFAULT_PERMISSIONS, kind: "direct" as const, caller, changes, current };
        expect(mayChangeMembers(request)).toBe(false);
      }
    }
  });

  it("takes its rulers from the host's table", () => {
    const flat: Permissions = { ...DEFAULT_PERMISSIONS, changeMembers: ["member"], changeAdmins: ["admin"] };
    expect(may("member", null, "reader", flat)).toBe(true);
    expect(may("member", "member", null, flat)).toBe(true);
    expect(may("member", "member", "admin", flat)).toBe(false);
    expect(may("admin", "owner", "admin", flat)).toBe(true);
    expect(may("owner", null, "member", flat)).toBe(false);
  });
});

describe("rulersOf", () => {
  it("tells who may give or touch a role", () => {
    const named = ROLES.map((role) => rulersOf(role, DEFAULT_PERMISSIONS));
    expect(named).toEqual([["owner"], ["owner"], ["owner", "admin"], ["owner", "admin"]]);
  });
});

/** Members in the order that a store lists them. */
function listed(members: Iterable<readonly [string, Role]>): (readonly [string, Role])[] {
  return [...members].sort(([a, x], [b, y]) => ROLES.indexOf(x) - ROLES.indexOf(y) || (a < b ? -1 : 1));
}

/** Members after the changes. */
function after(members: readonly (readonly [string, Role])[], changes: readonly MemberChange[]): Map<string, Role> {
  const left = new Map(members);
  for (const [user, role] of changes) {
    if (role === null) left.delete(user);
    else left.set(user, role);
  }
  return left;
}

describe("withOwner", () => {
  const GROUP = listed([
    ["olga", "owner"],
    ["adam", "admin"],
    ["mia", "member"],
    ["max", "member"],
    ["rita", "reader"],
  ]);

  const heirs: readonly {
    readonly who: string;
    readonly changes: readonly MemberChange[];
    readonly heir: string | null;
  }[] = [
    { who: "the owner leaves: to the admin", changes: [["olga", null]], heir: "adam" },
    {
      who: "owner and admin leave: to a member",
      changes: [
        ["olga", null],
        ["adam", null],
      ],
      heir: "max",
    },
    {
      who: "all but the reader leave: to the reader",
      changes: [
        ["olga", null],
        ["adam", null],
        ["mia", null],
        ["max", null],
      ],
      heir: "rita",
    },
    { who: "the owner becomes a member: to the admin", changes: [["olga", "member"]], heir: "adam" },
    {
      who: "owner and admin become members: to one who was a member",
      changes: [
        ["olga", "member"],
        ["adam", "member"],
      ],
      heir: "max",
    },
    {
      who: "the owner leaves and names another: nothing to add",
      changes: [
        ["olga", null],
        ["mia", "owner"],
      ],
      heir: null,
    },
    { who: "another leaves: nothing to add", changes: [["mia", null]], heir: null },
  ];

  it.each(heirs)("$who", ({ changes, heir }) => {
    const complete = withOwner(changes, GROUP);
    const owners = [...after(GROUP, complete)].filter(([, role]) => role === "owner").map(([user]) => user);
    if (heir === null) expect(complete).toEqual(changes);
    else expect(owners).toEqual([heir]);
  });

  it("leaves an owner who is alone what they are", () => {
    expect(after([["olga", "owner"]], withOwner([["olga", "member"]], [["olga", "owner"]]))).toEqual(
      new Map([["olga", "owner"]]),
    );
  });

  it("keeps an owner wherever members are left, and touches nobody else", () => {
    const user = fc.constantFrom("a", "b", "c", "d", "e");
    const role = fc.constantFrom(...ROLES);
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.tuple(user, role), { minLength: 1, selector: ([name]) => name }),
        fc.uniqueArray(fc.tuple(user, fc.option(role, { nil: null })), { selector: ([name]) => name }),
        (members, changes) => {
          if (!members.some(([, has]) => has === "owner")) members[0] = [members[0]?.[0] ?? "a", "owner"];
          const complete = withOwner(changes, listed(members));
          const left = after(members, complete);
          const asked = after(members, changes);
          expect([...left.keys()].sort()).toEqual([...asked.keys()].sort());
          if (left.size > 0) expect([...left.values()]).toContain("owner");
          const differing = [...left].filter(([name, has]) => asked.get(name) !== has);
          expect(differing.length).toBeLessThanOrEqual([...asked.values()].includes("owner") ? 0 : 1);
        },
      ),
    );
  });
});
