import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { Lossy } from "../testing/lossy.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Untold } from "./untold.ts";

/** Over a store with `c1` and `c2`, whose three messages were written at 10, 20 and 30. */
async function untoldOver(rememberedMax = 10) {
  const store = memoryStore();
  await store.open();
  for (const c of ["c1", "c2"]) {
    await store.create({ ...conversation(c), at: 0 });
    await store.append([10, 20, 30].map((at) => ({ ...message(c, "alice", `${at}`), at })));
  }
  const lossy = new Lossy({ clock: new ManualClock(), random: new SeededRandom(1) });
  const found: unknown[] = [];
  const untold = new Untold({
    store: lossy.wrap(store, { range: { failBefore: 1 } }),
    logger: silentLogger,
    limits: { rememberedMax },
    found: (c, epoch, rows) => found.push([c, rows.map(({ seq }) => seq), typeof epoch]),
  });
  lossy.on = false;
  return { store, lossy, untold, found };
}

describe("Untold", () => {
  it("I9: tells what is no older than what may have been stored, once", async () => {
    const { untold, found } = await untoldOver();
    untold.add("c1", 20);
    await untold.look();
    await untold.look();
    expect(found).toEqual([["c1", [3, 4], "string"]]);
    expect(untold.size).toBe(0);
  });

  it("tells nothing where nothing was stored, or nothing is left", async () => {
    const { untold, found } = await untoldOver();
    untold.add("c1", 31);
    untold.add("c9", 1);
    await untold.look();
    expect([found, untold.size]).toEqual([[], 0]);
  });

  it("keeps what could not be read, from the earliest moment on", async () => {
    const { untold, found, lossy } = await untoldOver();
    lossy.on = true;
    untold.add("c1", 30);
    untold.add("c2", 30);
    await untold.look();
    expect([found, untold.size]).toEqual([[], 2]);
    untold.add("c1", 20);
    lossy.on = false;
    await untold.look();
    expect(found.toSorted()).toEqual([
      ["c1", [3, 4], "string"],
      ["c2", [4], "string"],
    ]);
  });

  it("lets go of everything when the store is closed", async () => {
    const { untold, store } = await untoldOver();
    untold.add("c1", 30);
    untold.add("c2", 30);
    await store.close();
    await untold.look();
    expect(untold.size).toBe(0);
  });

  it("keeps no more than its bound: the next event tells of the others", async () => {
    const { untold } = await untoldOver(1);
    untold.add("c1", 30);
    untold.add("c2", 30);
    expect(untold.size).toBe(1);
  });
});
