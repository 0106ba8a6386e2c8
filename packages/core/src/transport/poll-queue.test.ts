import { describe, expect, it } from "vitest";
import { PollQueue } from "./poll-queue.ts";

const frames = (...texts: string[]) => ({ texts, bytes: texts.join("").length, prepared: null });

describe("PollQueue", () => {
  it("gives out in order, up to a bound, and at least one", () => {
    const queue = new PollQueue();
    for (const text of ["aaaa", "bb", "c"]) queue.push(frames(text), false);
    expect(queue.bytes).toBe(7);
    expect(queue.take(6)).toEqual({ texts: ["aaaa", "bb"], bytes: 6 });
    queue.push(frames("dddd"), false);
    expect(queue.take(1).texts).toEqual(["c"]);
    expect(queue.take(1).texts).toEqual(["dddd"]);
    expect([queue.bytes, queue.empty]).toEqual([0, true]);
    expect(queue.take(1).texts).toEqual([]);
  });

  it("puts what a way begins with in front, and tells how many with a number wait behind it", () => {
    const queue = new PollQueue();
    queue.push(frames("e1", "e2"), true);
    queue.push(frames("answer"), false);
    let counted = -1;
    queue.begin((waiting) => {
      counted = waiting;
      queue.push(frames("from"), false);
      queue.push(frames("e0"), true);
    });
    queue.push(frames("e3"), true);
    expect(counted).toBe(2);
    expect(queue.take(100).texts).toEqual(["from", "e0", "e1", "e2", "answer", "e3"]);
  });

  it("gives out what a way begins with before anything else, however little is taken at once", () => {
    const queue = new PollQueue();
    queue.push(frames("x"), true);
    queue.begin(() => {
      for (const text of ["from", "e1e1", "e2"]) queue.push(frames(text), false);
    });
    expect([1, 2, 3, 4].map(() => queue.take(5).texts)).toEqual([["from"], ["e1e1"], ["e2", "x"], []]);
    queue.push(frames("x"), true);
    queue.clear();
    expect([queue.bytes, queue.empty]).toEqual([0, true]);
  });

  it("takes nothing that does not fit, where it need not", () => {
    const queue = new PollQueue();
    queue.push(frames("abc"), false);
    expect(queue.take(2, false).texts).toEqual([]);
    expect(queue.take(3, false).texts).toEqual(["abc"]);
  });

  it("forgets what an earlier way was to begin with", () => {
    const queue = new PollQueue();
    queue.begin(() => {
      queue.push(frames("from 1"), false);
      queue.push(frames("e2"), true);
    });
    queue.push(frames("e3"), true);
    queue.begin((waiting) => queue.push(frames(`from 2, then ${waiting}`), false));
    expect(queue.bytes).toBe("from 2, then 1e3".length);
    expect(queue.take(100).texts).toEqual(["from 2, then 1", "e3"]);
  });
});
