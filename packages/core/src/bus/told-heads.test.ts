import { describe, expect, it } from "vitest";
import type { Head } from "../ports/bus.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { ToldHead } from "./gate.ts";
import { ToldHeads } from "./told-heads.ts";

const head = (c: string, mode: "push" | "pull" = "push"): Head => ({
  c,
  epoch: "e1",
  head: 7,
  ord: 7,
  mode,
  membersVersion: 1,
});

/** `known`: conversations that the gate knows; `here`: those with a member here. */
function scene({
  known = [] as string[],
  subscribed = [] as string[],
  here = [] as string[],
  unconcerned = [] as string[],
  even = [] as string[],
  rememberedMax = 10,
} = {}) {
  const clock = new ManualClock();
  const done: string[] = [];
  const state = { failing: false };
  const gate = {
    against: ({ c }: ToldHead) => {
      if (even.includes(c)) return "even" as const;
      return known.includes(c) ? ("behind" as const) : ("unknown" as const);
    },
    behind: ({ c }: ToldHead) => {
      if (known.includes(c)) done.push(`behind ${c}`);
      return known.includes(c);
    },
    newest: ({ c }: ToldHead) => void done.push(`newest ${c}`),
    forget: (c: string) => {
      if (known.includes(c)) done.push(`forget ${c}`);
      known.splice(0, known.length, ...known.filter((other) => other !== c));
    },
  };
  const heads = new ToldHeads({
    clock,
    logger: silentLogger,
    limits: { rememberedMax },
    gate,
    subscribed: (c) => subscribed.includes(c),
    concerns: ({ c }) => !unconcerned.includes(c),
    memberHere: async ({ c }) => {
      done.push(`asked ${c}`);
      if (state.failing) throw new Error("unable");
      return here.includes(c);
    },
    news: ({ c }) => void done.push(`news ${c}`),
    gone: (c) => void done.push(`gone ${c}`),
  });
  const take = async (given: readonly Head[], all = true) => {
    heads.take(given, all);
    await clock.settle();
    return done.filter((step) => !step.startsWith("news"));
  };
  return { clock, heads, done, state, take };
}

describe("ToldHeads", () => {
  it("I26: reads on what is known, and of what is not the newest, for subscribers and members who are here", async () => {
    const { take } = scene({ known: ["c1"], subscribed: ["c2"], here: ["c3"] });
    expect(await take(["c1", "c2", "c3", "c4"].map((c) => head(c)))).toEqual([
      "behind c1",
      "newest c2",
      "asked c3",
      "newest c3",
      "asked c4",
    ]);
  });

  it("does nothing about what has come", async () => {
    const { take } = scene({ known: ["c1", "c2"], even: ["c1", "c2"], unconcerned: ["c2"] });
    expect(await take([head("c1"), head("c2")])).toEqual([]);
  });

  it("asks for no members of a pull conversation, nor where only a publisher's own heads are told", async () => {
    const { take } = scene({ here: ["c1", "c2"] });
    expect(await take([head("c1", "pull")])).toEqual([]);
    expect(await take([head("c2")], false)).toEqual([]);
  });

  it("tells what was removed, and of news", async () => {
    const { take, done } = scene({ known: ["c2"] });
    expect(await take([{ c: "c1", gone: true }, head("c2", "pull")])).toEqual(["gone c1", "behind c2"]);
    expect(done).toContain("news c2");
  });

  it("forgets what concerns nobody here any longer, unless somebody has come", async () => {
    const { take } = scene({ known: ["c1", "c2"], unconcerned: ["c1", "c2"], here: ["c2"] });
    expect(await take([head("c1"), head("c2")])).toEqual([
      "forget c1",
      "forget c2",
      "asked c1",
      "asked c2",
      "newest c2",
    ]);
  });

  it("I26: asks again when the store could not answer, and about nothing twice at a time", async () => {
    const { clock, take, heads, state, done } = scene({ here: ["c1"] });
    state.failing = true;
    await take([head("c1"), head("c2"), head("c1")]);
    expect([done.filter((step) => step.startsWith("asked")), heads.size]).toEqual([["asked c1"], 2]);
    state.failing = false;
    await clock.advance(1_000);
    expect(done.filter((step) => step.startsWith("asked"))).toEqual(["asked c1", "asked c1", "asked c2"]);
    expect([done.includes("newest c1"), heads.size, clock.pending]).toEqual([true, 0, 0]);
  });

  it("bounds what it has to ask about", async () => {
    const { take, heads, state, clock } = scene({ rememberedMax: 3 });
    state.failing = true;
    await take(["c1", "c2", "c3", "c4", "c5"].map((c) => head(c)));
    expect(heads.size).toBe(3);
    heads.stop();
    expect([heads.size, clock.pending]).toEqual([0, 0]);
  });
});
