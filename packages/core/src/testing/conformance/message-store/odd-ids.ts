import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";
import { conversation, direct, message, wordOf } from "./entries.ts";
import { accessOf, logOf } from "./readings.ts";

/** Ids that are words of some language, look like numbers, differ by case alone, or join into each other. */
const ODD = [
  "constructor",
  "__proto__",
  "hasOwnProperty",
  "toString",
  "null",
  "0",
  "00",
  "1e3",
  "a",
  "A",
  "a:b",
  "a::b",
  "a.b",
  "a~b",
  "a-b",
  "-",
  ".",
  "..",
  "~",
  ":",
  "a_b",
  "x".repeat(128),
];
/** User ids may hold these too. */
const ODD_USERS = [...ODD, "mail+tag@example.com", "auth0|6a", "a=b", "a|b", "|", "@", "+", "="];

/** Every id that the protocol allows is an id like any other. */
export function oddIdCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("odd ids", () => {
    it(
      "name conversations of their own",
      withStore(async (store) => {
        for (const id of ODD) expect((await store.create(conversation(id, { title: id }))).kind, id).toBe("created");
        await store.append(ODD.map((id) => message(id, "alice", id)));
        for (const id of ODD) {
          expect((await logOf(store, id)).rows.at(-1)?.body, id).toEqual({ text: id });
          expect((await store.row("bob", id))?.title, id).toBe(id);
        }
        expect(new Set((await store.inbox("bob", null, 100)).rows.map(({ c }) => c))).toEqual(new Set(ODD));
      }),
    );

    it(
      "name users of their own",
      withStore(async (store) => {
        await store.create(
          conversation("c1", { members: [["alice", "owner"], ...ODD_USERS.map((user) => [user, "member"] as const)] }),
        );
        const results = await store.append(
          ODD_USERS.map((user) => message("c1", user, user, { key: { id: "same", hash: "h" } })),
        );
        expect(new Set(results.map(wordOf))).toEqual(new Set(["event"]));
        for (const [at, user] of ODD_USERS.entries()) {
          expect((await accessOf(store, user, "c1")).read, user).toBe(at + 2);
          expect((await store.inbox(user, null, 10)).rows.length, user).toBe(1);
        }
        const page = await store.members("c1", null, 100);
        expect(page?.members.slice(1).map(([user]) => user)).toEqual([...ODD_USERS].sort());
        // Page by page they are the same: a cursor holds any of them.
        let cursor: string | null = null;
        const one: unknown[] = [];
        for (let more = true; more; ) {
          const next = await store.members("c1", cursor, 1);
          one.push(...(next?.members ?? []));
          cursor = next?.cursor ?? null;
          more = next?.more ?? false;
        }
        expect(one).toEqual(page?.members);
      }),
    );

    it(
      "are keys of their own",
      withStore(async (store) => {
        await store.create(conversation("c1"));
        const entries = ODD.map((id) => message("c1", "alice", id, { key: { id, hash: id } }));
        expect(new Set((await store.append(entries)).map(wordOf))).toEqual(new Set(["event"]));
        expect(new Set((await store.append(entries)).map(wordOf))).toEqual(new Set(["duplicate"]));
        expect((await logOf(store, "c1")).rows.slice(1).map(({ id }) => id)).toEqual(ODD);
      }),
    );

    it(
      "make pairs of their own in direct conversations",
      withStore(async (store) => {
        const pairs = [
          ["a", "a:b"],
          ["a:a", "b"],
          ["a|b", "c"],
          ["a", "b|c"],
          ["constructor", "__proto__"],
          ["A", "a:b"],
        ] as const;
        for (const [n, [creator, other]] of pairs.entries()) {
          expect((await store.create(direct(`d${n}`, creator, other))).kind, `${creator} ${other}`).toBe("created");
        }
      }),
    );

    it(
      "name settings of their own",
      withStore(async (store) => {
        for (const name of ODD) expect(await store.setting(name, () => `value of ${name}`)).toBe(`value of ${name}`);
        for (const name of ODD) expect(await store.setting(name, () => "another")).toBe(`value of ${name}`);
      }),
    );
  });
}
