import { expect, it } from "vitest";
import { LinkOfTest, turns } from "../../test/link-of-test.ts";
import { Channels } from "./channels.ts";

const nothing = { message: () => {}, moved: () => {}, lost: () => {} };

function scene() {
  const state = { link: new LinkOfTest("one", nothing) as LinkOfTest | null, moved: 0 };
  const channels = new Channels({
    link: () => state.link,
    moved: () => {
      state.moved++;
    },
    refusal: () => new Error("refused"),
  });
  return { state, channels, link: state.link as LinkOfTest };
}

it("asks for what was wanted in one turn in one command, of 500 at most", async () => {
  const { channels, link } = scene();
  await Promise.all(Array.from({ length: 1_200 }, (_, n) => channels.want(`c${n}`)));
  expect(link.asked.map((asked) => asked.split(",").length)).toEqual([500, 500, 200]);
  expect(link.listening.size).toBe(1_200);
});

it("never asks for a channel while it is being left", async () => {
  const { channels, link } = scene();
  await channels.want("a");
  let release = () => {};
  link.hold = new Promise((resolve) => {
    release = resolve;
  });
  channels.drop("a", new Error("gone"));
  await turns();
  const again = channels.want("a");
  await turns();
  expect(link.asked).toEqual(["+a", "-a"]);
  release();
  link.hold = null;
  await again;
  expect(link.asked).toEqual(["+a", "-a", "+a"]);
});

it("asks nothing for a channel that was given up and taken again in one turn", async () => {
  const { channels, link } = scene();
  await channels.want("a");
  channels.drop("a", new Error("gone"));
  await channels.want("a");
  expect(link.asked).toEqual(["+a"]);
});

it("what was asked of a link that was lost is ready once the next one has it", async () => {
  const { channels, state, link } = scene();
  link.hold = new Promise(() => {});
  const ready = channels.want("a");
  await turns();
  const next = new LinkOfTest("two", nothing);
  state.link = next;
  await channels.restore(next);
  await ready;
  expect(next.asked).toEqual(["+a"]);
});

it("tells who waits that the server refuses, and asks no more", async () => {
  const { channels, link } = scene();
  link.refusal = new Error("NOPERM this user has no permissions to access one of the channels");
  await expect(channels.want("a")).rejects.toThrow("refused");
  await turns();
  expect(link.asked).toEqual(["+a"]);
  expect(channels.names).toEqual([]);
});

it("says that the slot has moved, and keeps what is wanted for the next link", async () => {
  const { channels, state, link } = scene();
  link.refusal = new Error("MOVED 1 127.0.0.1:7001");
  const ready = channels.want("a");
  await turns();
  expect(state.moved).toBe(1);
  const next = new LinkOfTest("two", nothing);
  state.link = next;
  await channels.restore(next);
  await ready;
});
