import { describe, expect, it } from "vitest";
import type { EncodedFrames } from "../ports/transport.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SharedPages } from "./shared-pages.ts";

const framesOf = (text: string): EncodedFrames => ({ texts: [text], bytes: text.length, prepared: null });
const at = (c: string, after: number, head: number, epoch = "e1") => ({ c, epoch, after, head });

function pagesOf(sharedPagesBytesMax = 10_000) {
  const clock = new ManualClock();
  const pages = new SharedPages(clock, { sharedPagesBytesMax });
  const reads: string[] = [];
  const ask = (place: ReturnType<typeof at>, text = "page") =>
    pages.of(place, async () => {
      reads.push(`${place.c} ${place.epoch} ${place.after} ${place.head}`);
      return framesOf(text);
    });
  return { clock, pages, reads, ask };
}

describe("SharedPages", () => {
  it("reads a page once for all who come with one cursor, at the same time or a little later", async () => {
    const { ask, reads } = pagesOf();
    const [first, second] = await Promise.all([ask(at("c1", 3, 8)), ask(at("c1", 3, 8))]);
    expect(second).toBe(first);
    expect(ask(at("c1", 3, 8))).toBe(first);
    expect(reads).toEqual(["c1 e1 3 8"]);
  });

  it("I16: gives nobody a page of another cursor, another head, another life or another conversation", async () => {
    const { ask, reads } = pagesOf();
    for (const place of [at("c1", 3, 8), at("c1", 4, 8), at("c1", 3, 9), at("c1", 3, 8, "e2"), at("c2", 3, 8)])
      await ask(place);
    expect(reads).toEqual(["c1 e1 3 8", "c1 e1 4 8", "c1 e1 3 9", "c1 e2 3 8", "c2 e1 3 8"]);
  });

  it("keeps nothing of a conversation in which something happened, not even what was being read", async () => {
    const { ask, pages, reads } = pagesOf();
    await ask(at("c1", 3, 8));
    pages.forget("c1");
    const reading = ask(at("c1", 3, 8));
    pages.forget("c1");
    expect(await reading).toMatchObject({ texts: ["page"] });
    expect(pages.size).toBe(0);
    await ask(at("c1", 3, 8));
    expect(reads).toHaveLength(3);
  });

  it("reads anew after ten seconds, and lets go of what is older when another comes", async () => {
    const { ask, pages, clock, reads } = pagesOf();
    await ask(at("c1", 3, 8));
    await clock.advance(9_999);
    await ask(at("c1", 3, 8));
    expect(reads).toHaveLength(1);
    await clock.advance(1);
    await ask(at("c2", 3, 8));
    expect(pages.size).toBe(1);
    await ask(at("c1", 3, 8));
    expect(reads).toHaveLength(3);
  });

  it("keeps a few pages of one conversation, the newest", async () => {
    const { ask, reads } = pagesOf();
    for (const after of [1, 2, 3, 4, 5]) await ask(at("c1", after, 8));
    for (const after of [2, 3, 4, 5]) await ask(at("c1", after, 8));
    expect(reads).toHaveLength(5);
    await ask(at("c1", 1, 8));
    expect(reads).toHaveLength(6);
  });

  it("keeps no more bytes than it may: the oldest goes first, also one that alone is too large", async () => {
    const { ask, pages, reads } = pagesOf(5_000);
    for (const c of ["c1", "c2", "c3"]) await ask(at(c, 3, 8), "x".repeat(1_000));
    expect(pages.size).toBe(2);
    await ask(at("c3", 3, 8));
    await ask(at("c2", 3, 8));
    expect(reads).toHaveLength(3);
    await ask(at("c4", 3, 8), "x".repeat(3_000));
    expect(pages.size).toBe(0);
    // Nothing is left that was counted.
    for (const c of ["c1", "c2"]) await ask(at(c, 3, 8), "x".repeat(1_000));
    expect(pages.size).toBe(2);
  });

  it("keeps neither what could not be read nor what there is not", async () => {
    const { pages, ask, reads } = pagesOf();
    await expect(pages.of(at("c1", 3, 8), () => Promise.reject(new Error("down")))).rejects.toThrow("down");
    expect(await pages.of(at("c1", 3, 8), async () => null)).toBe(null);
    expect(pages.size).toBe(0);
    await ask(at("c1", 3, 8));
    expect(reads).toHaveLength(1);
  });
});
