import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { Modes } from "./modes.ts";

const at = (head: number, epoch = "e1") => ({ epoch, head });

async function modesOf(rememberedMax = 10) {
  const store = memoryStore();
  await store.open();
  await store.create({ ...conversation("c1"), epoch: "e1", mode: "pull" });
  let reads = 0;
  const settings = (c: string) => {
    reads++;
    return store.settings(c);
  };
  return { modes: new Modes({ store: { settings }, limits: { rememberedMax } }), reads: () => reads };
}

describe("Modes", () => {
  it("does not know what it was not told, and reads it once", async () => {
    const { modes, reads } = await modesOf();
    expect(modes.of("c1", "e1", 7)).toBe(undefined);
    expect(await modes.read("c1", at(7))).toBe("pull");
    expect([modes.of("c1", "e1", 8), reads()]).toEqual(["pull", 1]);
  });

  it("uses what is as of a later event for an earlier one, whose switch is still to come, but not the other way round", async () => {
    const { modes } = await modesOf();
    modes.learn("c1", "pull", at(7));
    expect([1, 7, 8].map((first) => modes.of("c1", "e1", first))).toEqual(["pull", "pull", "pull"]);
    expect(modes.of("c1", "e1", 9)).toBe(undefined);
  });

  it("is never put back by word from before", async () => {
    const { modes } = await modesOf();
    modes.learn("c1", "pull", at(7));
    modes.learn("c1", "push", at(6));
    expect(modes.of("c1", "e1", 8)).toBe("pull");
    modes.learn("c1", "push", at(8));
    expect(modes.of("c1", "e1", 9)).toBe("push");
  });

  it("uses nothing of another life of the log", async () => {
    const { modes } = await modesOf();
    modes.learn("c1", "pull", at(7));
    expect(modes.of("c1", "e2", 3)).toBe(undefined);
    modes.learn("c1", "push", at(2, "e2"));
    expect([modes.of("c1", "e2", 3), modes.of("c1", "e1", 3)]).toEqual(["push", undefined]);
  });

  it("I17: takes what was read of another life for none of this", async () => {
    const { modes } = await modesOf();
    expect(await modes.read("c1", at(7, "e0"))).toBe("over");
    expect([modes.of("c1", "e0", 3), modes.of("c1", "e1", 3)]).toEqual([undefined, undefined]);
  });

  it("of what is no more says gone, for ever, whatever is read or learnt", async () => {
    const { modes } = await modesOf();
    expect(await modes.read("none", at(1))).toBe("gone");
    expect(modes.isGone("none")).toBe(true);
    const reading = modes.read("c1", at(1));
    modes.gone("c1");
    expect(await reading).toBe("gone");
    modes.learn("c1", "push", at(9));
    expect([modes.isGone("c1"), modes.of("c1", "e1", 1)]).toEqual([true, undefined]);
  });

  it("remembers no more than its bound", async () => {
    const { modes } = await modesOf(2);
    for (const c of ["c1", "c2", "c3"]) modes.learn(c, "push", at(1));
    expect(["c1", "c2", "c3"].map((c) => modes.of(c, "e1", 2))).toEqual([undefined, "push", "push"]);
  });
});
