import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it, vi } from "vitest";
import { LinksOfTest } from "../../test/link-of-test.ts";
import type { Link } from "./link.ts";
import { StandingLink } from "./standing-link.ts";

const undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo.splice(0)) step();
});

function scene() {
  const links = new LinksOfTest();
  const told: string[] = [];
  const state = { dead: () => {}, restore: async (_: Link) => {} };
  const standing = new StandingLink({
    links,
    options: { slot: null, sharded: false },
    watch: (_, dead) => {
      state.dead = dead;
      return () => {};
    },
    message: () => {},
    moved: () => {},
    restore: (link) => state.restore(link),
    restored: () => told.push("restored"),
    away: () => told.push("away"),
  });
  undo.push(() => standing.stop());
  return { links, told, state, standing };
}

it("opens another link at once where one is lost, and tells when everything is on it", async () => {
  const { links, told, standing } = scene();
  await standing.start();
  expect(told).toEqual([]);
  links.last.events.lost();
  expect(standing.link).toBe(null);
  await vi.waitFor(() => expect(told).toEqual(["restored"]));
  expect(links.opened.length).toBe(2);
  expect(standing.link).toBe(links.last);
});

it("the first one that cannot be had is the caller's to know, and may be asked for again", async () => {
  const { links, told, standing } = scene();
  links.failures = 1;
  await expect(standing.start()).rejects.toThrow("ECONNREFUSED");
  await standing.start();
  expect([links.attempts, told]).toEqual([2, []]);
});

it("I26: tells that it is away where it is not back in a moment, once, and then that it is back", async () => {
  const { links, told, standing } = scene();
  await standing.start();
  links.failures = Number.POSITIVE_INFINITY;
  links.last.events.lost();
  await vi.waitFor(() => expect(told).toEqual(["away"]), 2_000);
  const { attempts } = links;
  await vi.waitFor(() => expect(links.attempts).toBeGreaterThan(attempts + 1), 8_000);
  links.failures = 0;
  await vi.waitFor(() => expect(told).toEqual(["away", "restored"]), 4_000);
});

it("I26: tells at once of a link that says nothing any more, and drops it", async () => {
  const { links, told, state, standing } = scene();
  await standing.start();
  const first = links.last;
  state.dead();
  expect(told).toEqual(["away"]);
  expect(first.ended).toBe(true);
  await vi.waitFor(() => expect(told).toEqual(["away", "restored"]));
});

it("a link on which not everything can be put again is not used", async () => {
  const { links, told, state, standing } = scene();
  await standing.start();
  let refusals = 2;
  state.restore = async () => {
    if (refusals-- > 0) throw new Error("LOADING");
  };
  links.last.events.lost();
  await vi.waitFor(() => expect(told.at(-1)).toBe("restored"), 5_000);
  expect(links.opened.map(({ ended }) => ended)).toEqual([true, true, true, false]);
});

it("one that is lost while everything is put on it again is not waited for", async () => {
  const { links, told, state, standing } = scene();
  await standing.start();
  state.restore = () => new Promise(() => {});
  links.last.events.lost();
  await vi.waitFor(() => expect(links.opened.length).toBe(2));
  state.restore = async () => {};
  links.last.events.lost();
  await vi.waitFor(() => expect(told.at(-1)).toBe("restored"), 5_000);
  expect(standing.link).toBe(links.opened[2]);
});

it("is silent once it is stopped, also what comes late of an old link", async () => {
  const { links, told, standing } = scene();
  await standing.start();
  const [first] = links.opened;
  first?.events.lost();
  standing.stop();
  first?.events.lost();
  await sleep(30);
  expect([links.attempts, told, standing.link]).toEqual([1, [], null]);
});
