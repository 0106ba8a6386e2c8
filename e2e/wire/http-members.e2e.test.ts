import { describe, expect, it } from "vitest";
import { call } from "../support/wire-http.ts";
import { range, readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** Calls about the members of one conversation. */
function membersOf(c: string) {
  const path = `/conversations/${c}/members`;
  return {
    get: async (user: string, query = "") => await call(scene.url, "GET", `${path}${query}`, { user }),
    put: async (user: string, whom: string, role: string) =>
      await call(scene.url, "PUT", `${path}/${whom}`, { user, json: { role } }),
    remove: async (user: string, whom: string) => await call(scene.url, "DELETE", `${path}/${whom}`, { user }),
    add: async (user: string, members: unknown) => await call(scene.url, "POST", path, { user, json: { members } }),
    roles: async (user: string): Promise<Record<string, string>> => {
      const answer = await call(scene.url, "GET", path, { user });
      return Object.fromEntries(answer.body.members ?? []);
    },
  };
}

/** A group with one of each role. */
async function court() {
  const [owner, admin, member, reader, stranger] = scene.people("owner", "admin", "member", "reader", "stranger");
  const c = await scene.create(owner, [
    [admin, "admin"],
    [member, "member"],
    [reader, "reader"],
  ]);
  return { owner, admin, member, reader, stranger, c, members: membersOf(c) };
}

describe("the members of a conversation", () => {
  it("are listed with their roles, to each of them", async () => {
    const { owner, admin, member, reader, members } = await court();
    const all = [
      [owner, "owner"],
      [admin, "admin"],
      [member, "member"],
      [reader, "reader"],
    ];
    for (const user of [owner, admin, member, reader]) {
      const answer = await members.get(user);
      expect(answer.status).toBe(200);
      expect(answer.body.members?.toSorted()).toEqual(all.toSorted());
      expect(answer.body.more ?? false).toBe(false);
    }
  });

  it("are listed in pages", async () => {
    const [owner, ...others] = scene.people("owner", "a", "b", "c", "d", "e", "f", "g");
    const members = membersOf(await scene.create(owner, others));
    const seen: string[] = [];
    let query = "?limit=3";
    for (const _ of range(1, 10)) {
      const { body } = await members.get(owner, query);
      expect(body.members?.length).toBeLessThanOrEqual(3);
      seen.push(...(body.members ?? []).map(([user]) => user));
      if (body.more !== true) break;
      query = `?limit=3&cursor=${encodeURIComponent(String(body.cursor))}`;
    }
    expect(seen.toSorted()).toEqual([owner, ...others].toSorted());
  });

  it("are added and changed by PUT, which answers with the row", async () => {
    const { owner, stranger, c, members } = await court();
    const added = await members.put(owner, stranger, "reader");
    expect(added.status).toBeLessThan(300);
    expect(added.body).toMatchObject({ c, role: "owner", head: 2 });
    expect((await members.put(owner, stranger, "admin")).body).toMatchObject({ c, head: 3 });
    expect(await members.roles(owner)).toMatchObject({ [stranger]: "admin" });
    const log = await readLog(await scene.join(owner), c, 1);
    expect(log.map((row) => row.body)).toEqual([
      { members: [[stranger, "reader"]] },
      { members: [[stranger, "admin"]] },
    ]);
  });

  it("are added in a batch by POST, and removed by DELETE", async () => {
    const { owner, stranger, member, c, members } = await court();
    const other = scene.fresh("other");
    const added = await members.add(owner, [
      [stranger, "member"],
      [other, "reader"],
    ]);
    expect(added.status, added.text).toBeLessThan(300);
    expect(added.body).toMatchObject({ c, head: 2 });
    expect(await members.roles(owner)).toMatchObject({ [stranger]: "member", [other]: "reader" });
    const removed = await members.remove(owner, member);
    expect(removed.status).toBe(200);
    expect(removed.body).toMatchObject({ c, head: 3 });
    expect(await members.roles(owner)).not.toHaveProperty(member);
  });

  it("S17: are changed by owner and admin alone: forbidden", async () => {
    const { owner, member, reader, stranger, members } = await court();
    const before = await members.roles(owner);
    for (const user of [member, reader]) {
      const attempts = [
        await members.put(user, stranger, "member"),
        await members.put(user, user, "owner"),
        await members.add(user, [[stranger, "reader"]]),
        await members.remove(user, owner),
        await members.remove(user, user === member ? reader : member),
      ];
      for (const answer of attempts) expect([answer.status, answer.body.code]).toEqual([403, "forbidden"]);
    }
    expect(await members.roles(owner)).toEqual(before);
  });

  it("S17: get a role above member from an owner only", async () => {
    const { owner, admin, member, reader, stranger, members } = await court();
    expect((await members.put(admin, stranger, "member")).status).toBeLessThan(300);
    expect((await members.put(admin, reader, "member")).status).toBeLessThan(300);
    for (const role of ["admin", "owner"]) {
      expect((await members.put(admin, member, role)).body.code, role).toBe("forbidden");
      expect((await members.add(admin, [[scene.fresh("new"), role]])).body.code, role).toBe("forbidden");
    }
    expect((await members.remove(admin, owner)).body.code, "nor takes it from one").toBe("forbidden");
    expect((await members.put(owner, member, "admin")).status).toBeLessThan(300);
    expect((await members.put(owner, admin, "owner")).status).toBeLessThan(300);
    expect(await members.roles(owner)).toMatchObject({ [member]: "admin", [admin]: "owner", [owner]: "owner" });
  });

  it("S14: are not there for a stranger: not_found", async () => {
    const { stranger, owner, members } = await court();
    const none = membersOf("no-such-conversation");
    for (const of of [members, none]) {
      const attempts = [
        await of.get(stranger),
        await of.put(stranger, stranger, "member"),
        await of.put(stranger, "me", "member"),
        await of.add(stranger, [[stranger, "owner"]]),
        await of.remove(stranger, owner),
        await of.remove(stranger, "me"),
      ];
      for (const [index, answer] of attempts.entries()) {
        expect([answer.status, answer.body.code], `attempt ${index}`).toEqual([404, "not_found"]);
      }
    }
  });

  it("leave by `me`; the last owner's role passes to an admin, else to a member", async () => {
    const { owner, admin, member, reader, members } = await court();
    expect((await members.remove(owner, "me")).status).toBe(204);
    expect(await members.roles(admin)).toEqual({ [admin]: "owner", [member]: "member", [reader]: "reader" });
    expect((await members.remove(admin, "me")).status).toBe(204);
    expect(await members.roles(member)).toEqual({ [member]: "owner", [reader]: "reader" });
    expect((await members.get(owner)).status, "who left has lost it").toBe(404);
  });

  it("I5: that pass on a role write it into the log", async () => {
    const { owner, admin, member, c, members } = await court();
    await members.remove(owner, "me");
    const log = await readLog(await scene.join(member), c, 1);
    const changes = log.flatMap((row) => row.body?.["members"] as [string, string | null][]);
    expect(new Map(changes)).toEqual(
      new Map([
        [owner, null],
        [admin, "owner"],
      ]),
    );
  });

  it("of a direct do not change", async () => {
    const [alice, bob, carl] = scene.people("alice", "bob", "carl");
    const made = await call(scene.url, "POST", "/conversations", {
      user: alice,
      json: { kind: "direct", members: [bob] },
    });
    const members = membersOf(String(made.body.c));
    const attempts = [
      await members.put(alice, carl, "member"),
      await members.put(alice, bob, "owner"),
      await members.add(bob, [[carl, "member"]]),
      await members.remove(alice, bob),
    ];
    for (const answer of attempts) {
      expect(answer.status, answer.text).toBeGreaterThanOrEqual(400);
      expect(answer.status, answer.text).toBeLessThan(500);
      expect(answer.type).toBe("application/problem+json");
    }
    expect(await members.roles(alice)).toEqual({ [alice]: "member", [bob]: "member" });
  });

  it("are invalid with a role or a user that is none", async () => {
    const { owner, members, stranger } = await court();
    const attempts = [
      await members.put(owner, stranger, "king"),
      await members.put(owner, stranger, "constructor"),
      await members.put(owner, "not%20a%20user", "member"),
      await members.add(owner, [[stranger, null]]),
      await members.add(owner, stranger),
      await members.add(owner, [[stranger, "member", "extra"]]),
    ];
    for (const [index, answer] of attempts.entries()) {
      expect([answer.status, answer.body.code], `attempt ${index}`).toEqual([400, "invalid"]);
    }
    expect(await members.roles(owner)).not.toHaveProperty(stranger);
  });
});
