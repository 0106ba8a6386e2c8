import { describe, expect, it } from "vitest";
import type { ClientStorage } from "../ports/client-storage.ts";
import type { StoredSend } from "../ports/stored.ts";
import type { QueuedSend } from "../send/queued-send.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { StoredSends } from "./stored-sends.ts";

/** A storage that is asked one thing after the other, and answers when the test says so. */
function make() {
  const tasks: { readonly start: () => Promise<unknown>; readonly done: (value: unknown) => void }[] = [];
  let head: Promise<unknown> | null = null;
  const disk = new Map<string, StoredSend>();
  const storage = {
    putSends: async (sends: readonly StoredSend[]) => {
      for (const send of sends) disk.set(send.id, send);
    },
    removeSends: async (sends: readonly { readonly id: string }[]) => {
      for (const { id } of sends) disk.delete(id);
    },
    sends: async () => [...disk.values()],
  } as unknown as ClientStorage;
  const stored = new StoredSends({
    clock: new ManualClock(),
    onWritten: () => {},
    keep: {
      keeps: true,
      ask: (work, done) => {
        tasks.push({ start: () => work(storage), done: done as (value: unknown) => void });
        head ??= tasks[0]?.start() ?? null;
      },
    },
  });
  /** What was asked first has been done meanwhile, and its answer comes. */
  const answer = async () => {
    const value = await head;
    const task = tasks.shift();
    head = tasks[0]?.start() ?? null;
    task?.done(value);
  };
  const send = (id: string): QueuedSend =>
    ({
      id,
      conversation: "c1",
      draft: { id, conversation: "c1", type: "message", at: 1, composed: null },
      place: 0,
      saving: false,
      strikes: 0,
    }) as never;
  return { stored, disk, send, answer };
}

describe("StoredSends", () => {
  it("I4: what is read while something is taken out does not bring it back", async () => {
    const { stored, send, answer } = make();
    const [a, b] = [send("a"), send("b")];
    for (const each of [a, b]) stored.put(each);
    await answer();
    await answer();
    const found: string[][] = [];
    // read before it is removed, and heard of after that was asked for
    stored.read((list) => found.push(list.map(({ id }) => id)));
    let gone = 0;
    stored.remove(a, () => gone++);
    await answer();
    expect([found, gone]).toEqual([[["b"]], 0]);
    await answer();
    expect(gone).toBe(1);
  });

  it("I4: nor what another tab has been answered meanwhile", async () => {
    const { stored, send, answer } = make();
    for (const id of ["a", "b"]) stored.put(send(id));
    await answer();
    await answer();
    const found: string[][] = [];
    stored.read((list) => found.push(list.map(({ id }) => id)));
    stored.answered({ c: "c1", id: "a" }, undefined);
    await answer();
    stored.read((list) => found.push(list.map(({ id }) => id)));
    await answer();
    expect(found).toEqual([["b"], ["a", "b"]]);
  });

  it("takes out again what was being written as its answer came from another tab", async () => {
    const { stored, disk, send, answer } = make();
    const a = send("a");
    stored.put(a);
    await Promise.resolve();
    stored.answered({ c: "c1", id: "a" }, a);
    await answer();
    await answer();
    expect(disk.size).toBe(0);
  });

  it("asks again for those who ask while it reads", async () => {
    const { stored, disk, answer } = make();
    const found: number[] = [];
    stored.read((list) => found.push(list.length));
    await Promise.resolve();
    disk.set("late", { id: "late", c: "c1", type: "message", at: 1, place: 1, poisoned: 0 });
    for (let at = 0; at < 2; at++) stored.read((list) => found.push(list.length));
    await answer();
    expect(found).toEqual([0]);
    await answer();
    expect(found).toEqual([0, 1, 1]);
  });
});
