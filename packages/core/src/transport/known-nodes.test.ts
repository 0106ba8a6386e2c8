import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { KnownNodes } from "./known-nodes.ts";

describe("KnownNodes", () => {
  it("counts each node once, for a minute after it was heard last", async () => {
    const clock = new ManualClock();
    const nodes = new KnownNodes(clock);
    expect(nodes.size).toBe(0);
    nodes.heard("n2");
    nodes.heard("n2");
    await clock.advance(30_000);
    nodes.heard("n3");
    expect(nodes.size).toBe(2);
    await clock.advance(29_999);
    expect(nodes.size).toBe(2);
    await clock.advance(1);
    expect(nodes.size).toBe(1);
    nodes.heard("n2");
    await clock.advance(30_000);
    expect(nodes.size).toBe(1);
  });

  it("I27: looks at no wall clock", () => {
    const clock = new ManualClock();
    const nodes = new KnownNodes(clock);
    nodes.heard("n2");
    clock.stepWall(3_600_000);
    expect(nodes.size).toBe(1);
  });

  it("keeps a thousand, those heard last", () => {
    const nodes = new KnownNodes(new ManualClock());
    for (let n = 0; n < 5_000; n++) nodes.heard(`n${n}`);
    expect(nodes.size).toBe(1_000);
    nodes.heard("n4000");
    nodes.heard("n4500");
    expect(nodes.size).toBe(1_000);
  });
});
