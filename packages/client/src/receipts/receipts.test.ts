import type { EventRow, SubscribedFrame, TallyFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Changes } from "../changes.ts";
import type { ReceiptsView } from "../receipts.ts";
import { Receipts } from "./receipts.ts";

function make(watched: (c: string) => boolean = () => true) {
  const changes = new Changes();
  const changed: string[] = [];
  const receipts = new Receipts({ changes, user: () => "me", watched, onChange: (c) => changed.push(c) });
  const subscribed = (watermarks: SubscribedFrame["watermarks"], more: Partial<SubscribedFrame> = {}): void =>
    changes.run(() =>
      receipts.subscribed({
        ...{ t: "subscribed", c: "c1", mode: "push", epoch: "e1", head: 10, ord: 10, online: 0 },
        ...{ members: watermarks.length, watermarks, ...more },
      }),
    );
  const take = (user: string, delivered: number, read: number): void =>
    changes.run(() => receipts.take({ t: "receipt", c: "c1", user, delivered, read }));
  const tally = (tally: TallyFrame["tally"]): void =>
    changes.run(() => receipts.tally({ t: "tally", c: "c1", tally, online: 3 }));
  const members = (seq: number, body: EventRow["body"], epoch = "e1"): void =>
    changes.run(() => receipts.applied("c1", epoch, [row(seq, { type: "member", body: body ?? {} })]));
  return { changes, changed, receipts, subscribed, take, tally, members };
}
const NOTHING: ReceiptsView = { members: new Map(), tally: new Map(), delivered: 0, read: 0 };
const row = (seq: number, more: Partial<EventRow> = {}): EventRow => ({
  ...{ seq, ord: seq, type: "message", id: `m${seq}`, from: "you", at: 1_000, body: {} },
  ...more,
});

describe("Receipts", () => {
  it("shows the other members' watermarks, and how far all of them are", () => {
    const { receipts, changes, subscribed, changed } = make();
    const live = receipts.of("c1");
    expect(live.current).toEqual(NOTHING);
    const views: ReceiptsView[] = [];
    live.subscribe((view) => views.push(view));
    subscribed([
      ["me", 10, 10],
      ["a", 9, 4],
      ["b", 7, 7],
    ]);
    const members = new Map([
      ["a", { delivered: 9, read: 4 }],
      ["b", { delivered: 7, read: 7 }],
    ]);
    expect(views).toEqual([{ members, tally: new Map(), delivered: 7, read: 4 }]);
    expect(live.current).toBe(receipts.of("c1").current);
    expect([receipts.own("c1"), receipts.own("c2"), changed]).toEqual([10, null, ["c1"]]);
    changes.run(() => receipts.take({ t: "receipt", c: "c2", user: "a", delivered: 1, read: 1 }));
    expect(receipts.reach("c2")).toEqual(NOTHING);
  });

  it("I14: only rises, whatever order receipts and answers come in", () => {
    const told = fc.tuple(fc.boolean(), fc.nat(20), fc.nat(20));
    fc.assert(
      fc.property(fc.array(told, { maxLength: 30 }), (deeds) => {
        const { receipts, subscribed, take } = make();
        subscribed([
          ["me", 0, 0],
          ["a", 0, 0],
        ]);
        let [delivered, read] = [0, 0];
        for (const [asAnswer, d, r] of deeds) {
          if (asAnswer) subscribed([["a", Math.max(d, r), r]], { members: 2 });
          else take("a", d, r);
          read = Math.max(read, r);
          delivered = Math.max(delivered, d, r);
          expect(receipts.reach("c1")).toMatchObject({ delivered, read });
        }
      }),
    );
  });

  it("a member who left does not count, also when a receipt of theirs comes late; who comes has what was before", () => {
    const { receipts, subscribed, take, members } = make();
    subscribed([
      ["me", 10, 10],
      ["a", 10, 10],
      ["slow", 2, 1],
    ]);
    expect(receipts.reach("c1")).toMatchObject({ delivered: 2, read: 1 });
    members(11, { members: [["slow", null]] });
    take("slow", 3, 3);
    expect(receipts.reach("c1")).toMatchObject({ delivered: 10, read: 10 });
    members(12, {
      members: [
        ["late", "member"],
        ["a", "admin"],
      ],
    });
    expect(receipts.reach("c1")).toMatchObject({ delivered: 10, read: 10 });
    expect(receipts.reach("c1").members.get("late")).toEqual({ delivered: 12, read: 12 });
    take("a", 20, 20);
    expect(receipts.reach("c1")).toMatchObject({ delivered: 12, read: 12 });
  });

  it("I14: does not fall for who left and came back, as a receipt has told before those events come", () => {
    const { receipts, subscribed, take, members } = make();
    subscribed([
      ["me", 10, 10],
      ["a", 9, 4],
    ]);
    take("a", 14, 13);
    members(11, { members: [["a", null]] });
    members(13, { members: [["a", "member"]] });
    expect(receipts.reach("c1").members).toEqual(new Map([["a", { delivered: 14, read: 13 }]]));
    members(15, { members: [["a", null]] });
    expect(receipts.reach("c1").members.size).toBe(0);
  });

  it("I14: keeps what is told of somebody before the event that makes them a member, of a hundred at most", () => {
    const { receipts, subscribed, take, members } = make();
    subscribed([
      ["me", 10, 10],
      ["a", 10, 10],
    ]);
    take("b", 14, 12);
    take("b", 14, 13);
    expect([...receipts.reach("c1").members.keys()]).toEqual(["a"]);
    members(12, { members: [["b", "member"]] });
    expect(receipts.reach("c1").members.get("b")).toEqual({ delivered: 14, read: 13 });
    // What is of an earlier stay says nothing more.
    take("d", 13, 13);
    members(13, { members: [["c", "member"]] });
    members(14, { members: [["d", "member"]] });
    expect(receipts.reach("c1").members.get("d")).toEqual({ delivered: 14, read: 14 });
    for (let n = 0; n <= 100; n++) take(`early${n}`, 30, 30);
    members(15, { members: ["early99", "early100"].map((user): [string, "member"] => [user, "member"]) });
    expect(receipts.reach("c1").members.get("early99")).toEqual({ delivered: 15, read: 15 });
    expect(receipts.reach("c1").members.get("early100")).toEqual({ delivered: 30, read: 30 });
  });

  it("takes no event twice that the answer holds already", () => {
    const { receipts, subscribed, members } = make();
    subscribed(
      [
        ["me", 10, 10],
        ["a", 3, 3],
      ],
      { head: 12 },
    );
    members(11, { members: [["a", null]] });
    expect(receipts.reach("c1")).toMatchObject({ delivered: 3, read: 3 });
    members(13, { members: [["b", "member"]] });
    members(13, { members: [["b", null]] });
    expect([...receipts.reach("c1").members.keys()]).toEqual(["a", "b"]);
  });

  it("who writes has read what was before", () => {
    const { receipts, subscribed, changes, changed } = make();
    subscribed([
      ["me", 10, 10],
      ["you", 3, 3],
    ]);
    changes.run(() => receipts.applied("c1", "e1", [row(11), row(12, { type: "meta" }), row(13, { from: "me" })]));
    expect(receipts.reach("c1")).toMatchObject({ delivered: 11, read: 11 });
    expect(changed.length).toBe(2);
  });

  it("names nobody where there are too many, be it from the start or by a join", () => {
    const { receipts, subscribed, take, members } = make();
    subscribed([["me", 10, 10]], { members: 101 });
    take("a", 10, 10);
    expect([receipts.reach("c1").members.size, receipts.reach("c1").read, receipts.own("c1")]).toEqual([0, 0, 10]);
    const many = Array.from({ length: 100 }, (_, at) => [`u${at}`, 10, 10] as const);
    subscribed(many, { members: 100 });
    take("me", 11, 11);
    members(11, { members: [["one more", "member"]] });
    expect(receipts.reach("c1")).toMatchObject({ read: 0, delivered: 0 });
    expect(receipts.own("c1")).toBe(11);
  });

  it("S48: shows of the newest messages how many have them, where there are too many to be named, and how far all are", () => {
    const { receipts, subscribed, members, tally, changed } = make();
    tally([[10, 100, 1]]);
    expect([receipts.reach("c1"), changed]).toEqual([NOTHING, []]);
    subscribed([["me", 10, 10]], { members: 101 });
    tally([
      [10, 99, 1],
      [9, 100, 99],
      [7, 100, 100],
    ]);
    const counts = new Map([
      [10, { delivered: 99, read: 1 }],
      [9, { delivered: 100, read: 99 }],
      [7, { delivered: 100, read: 100 }],
    ]);
    expect(receipts.reach("c1")).toEqual({ members: new Map(), tally: counts, delivered: 9, read: 7 });
    expect(changed).toEqual(["c1", "c1"]);
    // I14: what all have they keep, whoever comes, and whenever it is told again.
    members(11, { members: [["new", "member"]] });
    tally([[10, 100, 100]]);
    subscribed([["me", 10, 10]], { members: 102, head: 11 });
    expect(receipts.reach("c1")).toMatchObject({ delivered: 9, read: 7 });
    members(12, { members: [["new", null]] });
    tally([[10, 100, 100]]);
    expect(receipts.reach("c1")).toMatchObject({ delivered: 10, read: 10 });
  });

  it("takes no count where members are named, and none of it stays when they are", () => {
    const { receipts, subscribed, tally } = make();
    const named = [
      ["me", 10, 10],
      ["a", 9, 4],
    ] as const;
    subscribed(named);
    tally([[10, 1, 1]]);
    expect(receipts.reach("c1")).toMatchObject({ tally: new Map(), delivered: 9, read: 4 });
    subscribed([["me", 10, 10]], { members: 101 });
    expect(receipts.reach("c1")).toEqual(NOTHING);
    tally([[10, 100, 100]]);
    subscribed(named);
    expect(receipts.reach("c1")).toMatchObject({ tally: new Map(), delivered: 9, read: 4 });
  });

  it("alone in a conversation, nobody has read anything", () => {
    const { receipts, subscribed } = make();
    subscribed([["me", 10, 10]]);
    expect(receipts.reach("c1")).toMatchObject({ delivered: 0, read: 0 });
  });

  it("forgets what was of another life of the log, of a conversation that is gone, of another user", () => {
    for (const end of ["epoch", "event", "gone", "forget"] as const) {
      const { receipts, subscribed, changes } = make();
      subscribed([
        ["me", 10, 10],
        ["a", 9, 9],
      ]);
      const views: ReceiptsView[] = [];
      receipts.of("c1").subscribe((view) => views.push(view));
      changes.run(() => {
        if (end === "epoch") subscribed([["a", 1, 1]], { epoch: "e2", members: 2 });
        if (end === "event") receipts.applied("c1", "e2", [row(1)]);
        if (end === "gone") receipts.gone("c1");
        if (end === "forget") receipts.forget();
      });
      expect([end, receipts.reach("c1").read, views.length]).toEqual([end, end === "epoch" ? 1 : 0, 1]);
    }
  });

  it("I14: counts who came before the answer that does not know of them yet, also before there was any", () => {
    for (const known of [true, false]) {
      const { receipts, subscribed, take, members, changes } = make();
      const before = [
        ["me", 10, 10],
        ["a", 9, 4],
      ] as const;
      if (known) subscribed(before);
      members(11, {
        members: [
          ["b", "member"],
          ["a", null],
        ],
      });
      changes.run(() => receipts.applied("c1", "e1", [row(12, { from: "b" })]));
      subscribed(before);
      expect([known, receipts.reach("c1").members]).toEqual([known, new Map([["b", { delivered: 12, read: 12 }]])]);
      take("b", 14, 13);
      expect(receipts.reach("c1").members.get("b")).toEqual({ delivered: 14, read: 13 });
    }
  });

  it("I14: takes nothing of another life, and of a hundred events at most, for what an answer does not know of yet", () => {
    const { receipts, subscribed, members, changes } = make();
    const before = [
      ["me", 10, 10],
      ["a", 9, 4],
    ] as const;
    members(11, { members: [["b", "member"]] }, "e0");
    subscribed(before);
    expect([...receipts.reach("c1").members.keys()]).toEqual(["a"]);
    members(11, { members: [["b", "member"]] });
    members(12, { members: [["c", "member"]] });
    for (let seq = 13; seq <= 111; seq++) changes.run(() => receipts.applied("c1", "e1", [row(seq)]));
    subscribed(before);
    expect([...receipts.reach("c1").members.keys()]).toEqual(["a", "c"]);
    receipts.gone("c1");
    subscribed(before);
    expect([...receipts.reach("c1").members.keys()]).toEqual(["a"]);
  });

  it("I25: keeps nothing of conversations that nobody looks at any more", () => {
    const watched = new Set(["c1", "c2"]);
    const { receipts, subscribed } = make((c) => watched.has(c));
    const marks = [
      ["me", 1, 1],
      ["a", 9, 9],
    ] as const;
    subscribed(marks);
    watched.delete("c1");
    expect(receipts.reach("c1").read).toBe(9);
    subscribed(marks, { c: "c2" });
    expect([receipts.reach("c1").read, receipts.reach("c2").read]).toEqual([0, 9]);
  });
});
