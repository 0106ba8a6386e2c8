import { describe, expect, it } from "vitest";
import { fanoutOver, Recorder } from "../testing/fanout-scene.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Bob has so many sessions here, all of whom subscribe where they have to. */
async function crowd(mode: "push" | "pull", sessions: number, fanoutSliceSessionsMax: number) {
  const scene = await fanoutOver(undefined, { mode, fanoutSliceSessionsMax });
  const all = Array.from({ length: sessions }, () => new Recorder("bob"));
  scene.sessions.set("alice", []);
  scene.sessions.set("bob", all);
  if (mode === "pull") for (const session of all) await scene.subscribe(session);
  // The list and the mode are known from here on.
  scene.fanout.deliver(scene.arrival([await scene.say()]));
  await scene.clock.settle();
  await turn();
  await scene.clock.settle();
  for (const session of all) session.told.length = 0;
  /** How many have been told so many things. */
  const told = (count: number) => all.filter((session) => session.told.length >= count).length;
  return { ...scene, all, told };
}

describe.each(["push", "pull"] as const)("Fanout to many sessions of a %s conversation", (mode) => {
  it("hands an event to as many as one turn may take, and lets other work in between", async () => {
    const { fanout, clock, arrival, say, told } = await crowd(mode, 25, 10);
    const seen: number[] = [];
    fanout.deliver(arrival([await say()]));
    expect(told(1)).toBe(10);
    const look = (): void => {
      seen.push(told(1));
      if (told(1) < 25) clock.endOfTurn(look);
    };
    look();
    await clock.settle();
    expect(seen).toEqual([10, 20, 25]);
    expect(fanout.size).toBe(0);
  });

  it("hands one that fits into one turn over at once, and costs no later one", async () => {
    const { fanout, arrival, say, told } = await crowd(mode, 10, 10);
    fanout.deliver(arrival([await say()]));
    expect([told(1), fanout.size]).toEqual([10, 0]);
  });

  it("I7: keeps what comes meanwhile behind it, in order, for every session", async () => {
    const { fanout, clock, all, arrival, say } = await crowd(mode, 25, 10);
    const events = [await say(), await say(), await say()];
    for (const event of events) fanout.deliver(arrival([event]));
    await clock.settle();
    for (const session of all) expect(session.told).toEqual(events.map(({ row }) => row.seq));
  });

  it("I13: leaves out whose send it was, in whatever slice they are", async () => {
    const { fanout, clock, all, arrival, say } = await crowd(mode, 25, 10);
    const [first, last] = [all[0] as Recorder, all[24] as Recorder];
    fanout.deliver(arrival([await say(), await say()], [first, last]));
    await clock.settle();
    expect([first.told, last.told, all[12]?.told]).toEqual([[4], [3], [3, 4]]);
  });

  it("I17: gives who is removed meanwhile all before it, the removal and gone, and nothing after", async () => {
    const { fanout, clock, all, arrival, say, change } = await crowd(mode, 25, 10);
    const [before, removal, after] = [await say(), await change(["bob", null]), await say()];
    for (const event of [before, removal, after]) fanout.deliver(arrival([event]));
    await clock.settle();
    for (const session of all) expect(session.told).toEqual([3, 4, "gone"]);
  });

  it("I17: gives nobody more of a conversation that is removed meanwhile", async () => {
    const { fanout, clock, all, told, arrival, say } = await crowd(mode, 25, 10);
    fanout.deliver(arrival([await say()]));
    fanout.deliver(arrival([await say()]));
    fanout.gone("c1", ["bob"]);
    await clock.settle();
    expect([all[0]?.told, all[24]?.told, told(2), fanout.size]).toEqual([[3, "gone"], ["gone"], 10, 0]);
  });

  it("I17: gives nobody more of a life of the log that is over meanwhile, and goes on in the next", async () => {
    const { fanout, clock, arrival, say, told } = await crowd(mode, 25, 10);
    fanout.deliver(arrival([await say()]));
    fanout.deliver(arrival([await say()]));
    fanout.anew("c1");
    await clock.settle();
    expect([told(1), told(2), fanout.size]).toEqual([10, 0, 0]);
    fanout.deliver(arrival([await say()]));
    await clock.settle();
    expect([told(1), fanout.size]).toEqual([25, 0]);
  });

  it("goes on with the others, and with what comes after, when one of them fails", async () => {
    const { fanout, clock, all, arrival, say, told } = await crowd(mode, 25, 10);
    const broken = all[15] as Recorder;
    broken.deliver = () => {
      throw new Error("broken");
    };
    fanout.deliver(arrival([await say()]));
    await clock.settle();
    broken.deliver = Recorder.prototype.deliver;
    fanout.deliver(arrival([await say()]));
    await clock.settle();
    expect([told(1), fanout.size]).toEqual([25, 0]);
  });
});

describe("Fanout to many sessions of a pull conversation", () => {
  it("leaves out who unsubscribes meanwhile, and who comes meanwhile finds it in the log", async () => {
    const { fanout, clock, all, subscriptions, subscribe, arrival, say } = await crowd("pull", 25, 10);
    const [leaver, comer, again] = [all[20] as Recorder, new Recorder("alice"), all[21] as Recorder];
    fanout.deliver(arrival([await say()]));
    for (const session of [leaver, again]) subscriptions.end(session, "c1");
    for (const session of [comer, again]) await subscribe(session);
    await clock.settle();
    expect([leaver.told, comer.told, again.told]).toEqual([[], ["subscribed"], ["subscribed"]]);
  });

  it("other conversations do not wait for it", async () => {
    const { fanout, all, arrival, say } = await crowd("pull", 25, 10);
    fanout.deliver(arrival([await say()]));
    const { row } = await say();
    const made = { ...row, seq: 1, type: "meta", body: { mode: "pull", members: [["bob", "owner"]] } } as const;
    fanout.deliver({ c: "c2", epoch: "e1", rows: [made], membersVersion: 1 });
    expect(all[0]?.told).toEqual([3, 1]);
  });
});
