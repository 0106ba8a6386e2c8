import { describe, expect, it } from "vitest";
import { mayManage, mayRemove, mayWrite, rolesToGive } from "./rights.ts";

describe("rights", () => {
  it("lets everybody but readers write, and owners and admins manage", () => {
    expect((["owner", "admin", "member", "reader"] as const).map(mayWrite)).toEqual([true, true, true, false]);
    expect((["owner", "admin", "member", "reader"] as const).map(mayManage)).toEqual([true, true, false, false]);
  });

  it("lets an owner give every role, an admin those up to member, others none", () => {
    expect(rolesToGive("owner", "member")).toEqual(["reader", "admin", "owner"]);
    expect(rolesToGive("admin", "reader")).toEqual(["member"]);
    expect(rolesToGive("admin", "owner")).toEqual([]);
    expect(rolesToGive("member", "reader")).toEqual([]);
  });

  it("lets an admin remove members and readers, an owner everybody", () => {
    expect([mayRemove("admin", "member"), mayRemove("admin", "admin"), mayRemove("owner", "admin")]).toEqual([
      true,
      false,
      true,
    ]);
    expect(mayRemove("member", "reader")).toBe(false);
  });
});
