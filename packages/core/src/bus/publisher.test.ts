import type { EventRow, Mode, UserId } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { EventsEnvelope, Said, Topic } from "../ports/bus.ts";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import type { Arrival } from "./arrival.ts";
import { Publisher } from "./publisher.ts";

const message = (seq: number, text = ""): EventRow => ({
  seq,
  ord: seq,
  type: "message",
  id: `m${seq}`,
  from: "alice",
  at: 0,
  body: { text },
});
const event = (seq: number, type: "member" | "meta", body: EventRow["body"]): EventRow =>
  ({ seq, ord: 0, type, from: "alice", at: 0, body }) as EventRow;
const arrivalOf = (mode: Mode | null, ...rows: readonly EventRow[]): Arrival => ({
  c: "c1",
  epoch: "e1",
  rows,
  ...(mode === null ? {} : { mode }),
  membersVersion: 3,
});

function scene({ alone = false, members = async (): Promise<UserId[]> => ["alice", "bob"] } = {}) {
  const clock = new ManualClock();
  const arrived: Arrival[] = [];
  const gone: unknown[] = [];
  const asked: unknown[] = [];
  const said: (readonly [readonly Topic[], Said])[] = [];
  const publisher = new Publisher({
    alone,
    clock,
    logger: silentLogger,
    limits: { headsAgainMs: 1_000, headsAgainMax: 3, changesPerPageMax: 2 },
    arrive: (arrival) => arrived.push(arrival),
    gone: (...given) => gone.push(given),
    tellNodes: (topics, words) => said.push([topics, words]),
    mode: async () => "pull",
    members: async (c, asOf) => {
      asked.push([c, asOf]);
      return members();
    },
  });
  const topicsOf = (arrival: Arrival) => {
    said.length = 0;
    publisher.publish(arrival);
    return clock.settle().then(() => said[0]?.[0]);
  };
  const heads = () => said.flatMap(([, words]) => (words.kind === "heads" ? words.heads : []));
  return { publisher, clock, arrived, gone, asked, said, topicsOf, heads };
}

describe("Publisher", () => {
  it("tells this node at once, and every member's of a push conversation, as of the members' version", async () => {
    const { publisher, clock, arrived, asked, said } = scene();
    const arrival: Arrival = { ...arrivalOf("push", message(2), message(3)), origins: [{}, null] };
    publisher.publish(arrival);
    expect(arrived).toEqual([arrival]);
    await clock.settle();
    const words = { kind: "events", c: "c1", epoch: "e1", mode: "push", membersVersion: 3, rows: arrival.rows };
    expect(said).toEqual([[["u:alice", "u:bob"], words]]);
    expect(asked).toEqual([["c1", { epoch: "e1", membersVersion: 3 }]]);
  });

  it("tells those of subscribers of a pull conversation in the same turn, without asking for its members", () => {
    const { publisher, asked, said } = scene();
    publisher.publish(arrivalOf("pull", message(2)));
    expect([said.map(([topics]) => topics), asked]).toEqual([[["c:c1"]], []]);
  });

  it("I17: tells those of whom an event names, in either mode", async () => {
    const { topicsOf } = scene();
    const removal = event(2, "member", { members: [["zoe", null]] });
    expect(await topicsOf(arrivalOf("push", removal))).toEqual(["u:alice", "u:bob", "u:zoe"]);
    expect(await topicsOf(arrivalOf("pull", removal))).toEqual(["c:c1", "u:zoe"]);
    const creation = event(1, "meta", { mode: "pull", members: [["zoe", "owner"]] });
    expect(await topicsOf(arrivalOf("pull", creation))).toEqual(["c:c1", "u:zoe"]);
  });

  it("I7: tells both of a switch between the two, whichever way", async () => {
    const { topicsOf } = scene();
    for (const mode of ["push", "pull"] as const) {
      const topics = await topicsOf(arrivalOf(mode, message(2), event(3, "meta", { mode }), message(4)));
      expect(topics).toEqual(["c:c1", "u:alice", "u:bob"]);
    }
    expect(await topicsOf(arrivalOf("push", event(3, "meta", { title: "t" })))).toEqual(["u:alice", "u:bob"]);
  });

  it("asks how events travel where the commit's answer was lost", async () => {
    const { topicsOf, said } = scene();
    expect(await topicsOf(arrivalOf(null, message(2)))).toEqual(["c:c1"]);
    expect(said[0]?.[1]).toMatchObject({ mode: "pull" });
  });

  it("cuts what no bus may carry, each part with the mode and the members behind it", async () => {
    const { publisher, clock, said } = scene();
    const large = "x".repeat(120_000);
    const rows = [
      message(2, large),
      message(3, large),
      message(4, large),
      event(5, "member", { members: [["zoe", "member"]], large }),
      event(6, "meta", { mode: "pull", large }),
      message(7, large),
      message(8, large),
      message(9),
    ];
    publisher.publish(arrivalOf("pull", ...rows));
    await clock.settle();
    const parts = said.map(([, words]) => words as EventsEnvelope);
    expect(parts.map((part) => [part.rows.map(({ seq }) => seq), part.mode, part.membersVersion])).toEqual([
      [[2, 3], "push", 2],
      [[4, 5], "push", 3],
      [[6, 7], "pull", 3],
      [[8, 9], "pull", 3],
    ]);
    // And to whom it is for.
    expect(said.map(([topics]) => topics.join(" "))).toEqual([
      "u:alice u:bob",
      "u:alice u:bob u:zoe",
      "c:c1 u:alice u:bob",
      "c:c1",
    ]);
  });

  it("I26: repeats the heads of what it published once, when it must have come", async () => {
    const { publisher, clock, heads } = scene();
    await clock.advance(500);
    publisher.publish(arrivalOf("pull", message(2)));
    await clock.advance(1_100);
    publisher.publish(arrivalOf("pull", message(3)));
    await clock.advance(300);
    expect(heads()).toEqual([]);
    await clock.advance(10_000);
    const head = { c: "c1", epoch: "e1", mode: "pull", membersVersion: 3 };
    expect(heads()).toEqual([
      { ...head, head: 2, ord: 2 },
      { ...head, head: 3, ord: 3 },
    ]);
    expect(clock.pending).toBe(0);
  });

  it("bounds the heads that wait, and tells them at once when the node leaves", async () => {
    const { publisher, clock, said, heads } = scene();
    for (const c of ["c1", "c2", "c3", "c4", "c1"]) publisher.publish({ ...arrivalOf("pull", message(2)), c });
    publisher.stop();
    expect(heads().map(({ c }) => c)).toEqual(["c1", "c2", "c3"]);
    // No more in one envelope than every bus carries.
    expect(said.map(([, words]) => words.kind === "heads" && words.heads.length).filter(Boolean)).toEqual([2, 1]);
    expect(clock.pending).toBe(0);
  });

  it("I26: tells the heads even where it cannot say who has to hear of it", async () => {
    const failing = async () => {
      throw new Error("unable");
    };
    const { publisher, clock, arrived, heads } = scene({ members: failing });
    publisher.publish(arrivalOf("push", message(2)));
    await clock.advance(2_000);
    expect([arrived.length, heads().length]).toEqual([1, 1]);
  });

  it("tells of a removed conversation: who is here at once, its members' nodes, and again its head", async () => {
    const { publisher, clock, gone, said, heads } = scene();
    const members = Array.from({ length: 1_500 }, (_, index) => `u${index}`);
    publisher.gone("c1", members);
    expect(gone).toEqual([["c1", members]]);
    expect(said.map(([topics, words]) => [topics.length, topics[0], words.kind === "gone" && words.members])).toEqual([
      [1_001, "c:c1", members.slice(0, 1_000)],
      [500, "u:u1000", members.slice(1_000)],
    ]);
    publisher.gone("c2", []);
    expect(said.at(-1)).toEqual([["c:c2"], { kind: "gone", c: "c2", members: [] }]);
    await clock.advance(2_000);
    expect(heads()).toEqual([
      { c: "c1", gone: true },
      { c: "c2", gone: true },
    ]);
  });

  it("has nobody to tell in a cluster of one", async () => {
    const { publisher, clock, arrived, gone, asked, said } = scene({ alone: true });
    publisher.publish(arrivalOf("push", message(2)));
    publisher.gone("c1", ["bob"]);
    await clock.settle();
    expect([arrived.length, gone.length, asked.length, said.length, clock.pending]).toEqual([1, 1, 0, 0, 0]);
  });
});
