import type { GatewayFrame, HaveEntry } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode, encodePage } from "../codec/encode.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "../testing/conformance/message-store/entries.ts";
import { hostOfTest } from "../testing/host-of-test.ts";
import { type CursorsSurroundings, takeCursors } from "./take-cursors.ts";

async function houseOf() {
  const store = memoryStore();
  await store.open();
  const epochs = new Map<string, string>();
  for (const c of ["c1", "c2"]) {
    const made = conversation(c);
    epochs.set(c, made.epoch);
    await store.create(made);
    await store.append([message(c, "alice", "hi"), message(c, "alice", "hi")]);
  }
  const frames: GatewayFrame[] = [];
  const session = {
    user: "bob",
    claims: null,
    live: true,
    tell: ({ texts }: { readonly texts: readonly string[] }) =>
      frames.push(...texts.map((text) => JSON.parse(text) as GatewayFrame)),
    drained: async () => {},
  };
  const delivered: unknown[] = [];
  const ended: string[] = [];
  const listened: string[] = [];
  const kept: unknown[] = [];
  let reads = 0;
  let opened = 0;
  const house: CursorsSurroundings<typeof session> = {
    store,
    host: hostOfTest(store).host,
    limits: { repairEventsMax: 1_000, repairBytesMax: 1_048_576 },
    watermarks: { delivered: (...given) => delivered.push(given) },
    unsubscribe: (_session, c) => ended.push(c),
    accessMany: (user, conversations) => {
      reads++;
      return store.access(conversations.map((c) => ({ user, conversation: c })));
    },
    recent: () => null,
    sharedPage: (_place, read) => read(),
    encode,
    encodePage,
    open: () => {
      opened++;
      return { abandon: () => {}, activate: (_from, frame) => frames.push(frame()) > 0 };
    },
    listening: async (conversations) => void listened.push(...conversations),
    kept: (_session, c, access) => kept.push([c, access?.head ?? null]),
    subscribed: () => {},
    known: () => {},
    told: (_c, _epoch, watermarks) => watermarks,
    online: () => 0,
  };
  const take = (...have: readonly HaveEntry[]) => takeCursors(house, session, have);
  return {
    house,
    session,
    frames,
    delivered,
    ended,
    listened,
    kept,
    take,
    epochs,
    reads: () => reads,
    opened: () => opened,
  };
}

describe("takeCursors", () => {
  it("repairs, subscribes where that is asked for, and reads rights once for both", async () => {
    const { take, frames, epochs, reads } = await houseOf();
    await take(["c1", epochs.get("c1") ?? "", 2, true], ["c2", "old", 1, true], ["none", "e", 1, true]);
    const types = frames.map((frame) => `${frame.t} ${"c" in frame ? String(frame.c) : ""}`);
    expect(types.sort()).toEqual(["events c1", "events c2", "events none", "subscribed c1", "subscribed c2"]);
    for (const frame of frames) expect(frame).not.toHaveProperty("id");
    expect(frames).toContainEqual(expect.objectContaining({ c: "c2", reset: true }));
    expect(reads()).toBe(1);
  });

  it("I14: tells what cursors of the log's present life say was delivered, if it is news", async () => {
    const { take, delivered, epochs } = await houseOf();
    const [e1, e2] = [epochs.get("c1") ?? "", epochs.get("c2") ?? ""];
    await take(["c1", e1, 2], ["c2", e1, 3], ["none", e1, 3]);
    expect(delivered).toEqual([["bob", "c1", 2, e1]]);
    // Beyond the head, and no news.
    await take(["c1", e1, 4], ["c2", e2, 1]);
    expect(delivered).toHaveLength(1);
  });

  it("I17: tells nothing more of what it says is gone", async () => {
    const { take, frames, ended, epochs } = await houseOf();
    await take(["c1", epochs.get("c1") ?? "", 3], ["c9", "e1", 3]);
    expect(frames).toEqual([{ t: "events", c: "c9", gone: true }]);
    expect(ended).toEqual(["c9"]);
  });

  it("S45: refuses what is over the bound after everything else was done", async () => {
    const { house, session, frames, epochs } = await houseOf();
    const full: typeof house = {
      ...house,
      open: () => {
        throw Object.assign(new Error("too many"), { code: "too_large" });
      },
    };
    const asked = takeCursors(full, session, [["c1", epochs.get("c1") ?? "", 1, true]]);
    await expect(asked).rejects.toMatchObject({ code: "too_large" });
    expect(frames).toMatchObject([{ t: "events", from: 2, to: 3 }]);
  });

  it("I25: begins nothing for a session that has gone", async () => {
    const { session, take, epochs, opened, reads } = await houseOf();
    session.live = false;
    await take(["c1", epochs.get("c1") ?? "", 1, true]);
    expect([opened(), reads()]).toEqual([0, 0]);
  });

  it("rejects as the store does", async () => {
    const { house, session } = await houseOf();
    const failing = { ...house, accessMany: () => Promise.reject(new Error("down")) };
    await expect(takeCursors(failing, session, [["c1", "e1", 1, true]])).rejects.toThrow("down");
  });
});
