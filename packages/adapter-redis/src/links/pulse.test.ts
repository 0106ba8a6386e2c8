import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, vi } from "vitest";
import { watchPulse } from "./pulse.ts";

it("a link that answers, and one that refuses, is alive; one that says nothing is dead", async () => {
  const deaths: string[] = [];
  const times = { everyMs: 10, silentMs: 100 };
  const links = {
    answers: { call: async () => "PONG" },
    refuses: { call: () => Promise.reject(new Error("NOPERM")) },
    silent: { call: () => new Promise(() => {}) },
  };
  const undos = Object.entries(links).map(([name, link]) => watchPulse(link, () => deaths.push(name), times));
  await vi.waitFor(() => expect(deaths).toEqual(["silent"]));
  await sleep(150);
  for (const undo of undos) undo();
  expect(deaths).toEqual(["silent"]);
});

it("says nothing once it was undone", async () => {
  let deaths = 0;
  const undo = watchPulse({ call: () => new Promise(() => {}) }, () => deaths++, { everyMs: 5, silentMs: 20 });
  undo();
  await sleep(60);
  expect(deaths).toBe(0);
});
