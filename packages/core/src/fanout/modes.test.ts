import type { EventRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation } from "../testing/conformance/message-store/entries.ts";
import { Modes } from "./modes.ts";

const ROW: EventRow = { seq: 7, ord: 3, type: "message", from: "alice", at: 0, body: {} };

async function modesOf(rememberedMax = 10) {
  const store = memoryStore();
  await store.open();
  await store.create({ ...conversation("c1"), mode: "pull" });
  let reads = 0;
  const settings = (c: string) => {
    reads++;
    return store.settings(c);
  };
  return { modes: new Modes({ store: { settings }, limits: { rememberedMax } }), reads: () => reads };
}

describe("Modes", () => {
  it("takes a mode from the event of the creation, and remembers it", async () => {
    const { modes, reads } = await modesOf();
    expect(modes.of("c2", [{ ...ROW, seq: 1, type: "meta", body: { mode: "pull" } }])).toBe("pull");
    expect(modes.of("c2", [ROW])).toBe("pull");
    expect(reads()).toBe(0);
  });

  it("does not know what it was not told, nor takes it from any other event, and reads it once", async () => {
    const { modes, reads } = await modesOf();
    expect(modes.of("c1", [{ ...ROW, type: "meta", body: { mode: "push" } }])).toBe(undefined);
    expect(await modes.read("c1")).toBe("pull");
    expect(modes.of("c1", [ROW])).toBe("pull");
    expect(reads()).toBe(1);
  });

  it("of what is no more says gone, for ever, whatever is read or learnt", async () => {
    const { modes } = await modesOf();
    expect(await modes.read("none")).toBe("gone");
    const reading = modes.read("c1");
    modes.gone("c1");
    expect(await reading).toBe("gone");
    modes.learn("c1", "push");
    expect(modes.of("c1", [ROW])).toBe("gone");
  });

  it("remembers no more than its bound", async () => {
    const { modes } = await modesOf(2);
    for (const c of ["c1", "c2", "c3"]) modes.learn(c, "push");
    expect(["c1", "c2", "c3"].map((c) => modes.of(c, [ROW]))).toEqual([undefined, "push", "push"]);
  });
});
