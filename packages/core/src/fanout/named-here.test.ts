import { describe, expect, it } from "vitest";
import { NamedHere } from "./named-here.ts";

describe("NamedHere", () => {
  it("says who named a conversation, and has not lost it since", () => {
    const named = new NamedHere({ rememberedMax: 10 });
    for (const user of ["alice", "bob", "bob", "carol"]) named.add("c1", user, user === "carol");
    const here = (user: string) => user !== "dave";
    named.add("c1", "dave", false);
    named.left("c1", ["bob", "dave", "eve"], here);
    named.left("c2", ["dave"], here);
    named.add("c1", "carol", false);
    expect([[...named.of("c1")], [...named.keepers("c1")]]).toEqual([["alice", "carol"], ["carol"]]);
    expect([[...named.lost("c1")], [...named.lost("c2")]]).toEqual([["bob", "eve"], []]);
    named.add("c1", "bob", false);
    expect([...named.of("c1")]).toEqual(["alice", "bob", "carol"]);
    named.left("c1", null, here);
    expect([[...named.of("c1")], [...named.lost("c1")]]).toEqual([[], []]);
  });

  it("bounds conversations, those unused for longest first, and users of each", () => {
    const named = new NamedHere({ rememberedMax: 2 });
    for (const c of ["c1", "c2", "c1", "c3"]) named.add(c, "alice", false);
    expect(["c1", "c2", "c3"].map((c) => [...named.of(c)].length)).toEqual([1, 0, 1]);
    for (let index = 0; index < 1_500; index++) named.add("c1", `u${index}`, true);
    expect([...named.of("c1")]).toHaveLength(1_000);
  });
});
