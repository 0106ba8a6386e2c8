import type { ClientFrame, EventFrame, EventRow, EventsFrame, GatewayFrame, Role } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ChatClient } from "../chat-client.ts";
import type { ClientLimits } from "../options.ts";
import { FakeGateway } from "../testing/fake-gateway.ts";
import { FakeNetwork } from "../testing/fake-network.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";

/** A client and a gateway whose fetches and subscriptions are answered by hand, if `script` is given. */
async function make(limits: Partial<ClientLimits> = {}) {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const client = new ChatClient({
    url: "http://localhost/chat",
    token: () => "me",
    clock,
    network: new FakeNetwork(),
    random: new SeededRandom(3),
    transport: gateway.server.open,
    limits,
  });
  const script: { answer: ((frame: ClientFrame) => GatewayFrame | "silence" | null) | null } = { answer: null };
  const { server } = gateway;
  const connected = server.onConnection;
  server.onConnection = (peer) => {
    connected?.(peer);
    const { onFrame } = peer;
    peer.onFrame = (frame) => {
      const answer = script.answer?.(frame) ?? null;
      if (answer === null) onFrame?.(frame);
      else if (answer !== "silence") peer.send(answer);
    };
  };
  const windowOf = (c = "c1") => client.conversation(c).messages();
  const seqs = (c = "c1") => windowOf(c).current.items.map(({ seq }) => seq);
  const filled = async (count: number): Promise<void> => {
    for (let at = 0; at < count; at++) gateway.append("c1", "you", { at });
    windowOf().subscribe(() => {});
    await clock.advance(100);
  };
  return { clock, gateway, server, client, script, windowOf, seqs, filled };
}
const event = (seq: number, more: Partial<EventFrame> = {}): EventFrame => ({
  ...{ t: "event", c: "c1", epoch: "e1", seq, ord: seq, type: "message", id: `m${seq}`, from: "you", at: 0, body: {} },
  ...more,
});
const page = (from: number, to: number, more: Partial<EventsFrame> = {}): EventsFrame => ({
  ...{ t: "events", c: "c1", epoch: "e1", head: to, from, to, more: false },
  events: Array.from({ length: Math.max(0, to - from + 1) }, (_, at) => {
    const { t, c, epoch, ...row } = event(from + at);
    return row satisfies EventRow;
  }),
  ...more,
});
const upTo = (count: number, from = 1): number[] => Array.from({ length: count - from + 1 }, (_, at) => from + at);

describe("FollowedTimeline", () => {
  it("an event during the first load is neither lost nor shown before what precedes it", async () => {
    const { clock, gateway, server, script, windowOf, seqs } = await make();
    for (let at = 0; at < 3; at++) gateway.append("c1", "you", {});
    script.answer = (frame) => (frame.t === "fetch" ? "silence" : null);
    windowOf().subscribe(() => {});
    await clock.advance(100);
    gateway.append("c1", "you", {});
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect([seqs(), windowOf().current.status]).toEqual([[], "loading"]);
    // the page was read before the fifth was written
    server.peer.send({ ...page(1, 4), id: server.peer.last("fetch").id });
    expect([seqs(), windowOf().current.status]).toEqual([[1, 2, 3, 4, 5], "live"]);
  });

  it("orders by seq alone: equal times, and times that go back, change nothing", async () => {
    const { server, filled, seqs } = await make();
    await filled(2);
    server.peer.send(event(3, { at: 1 }), event(4, { at: 1 }), event(5, { at: 0 }));
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  it("gives a hole 100 ms to close by itself", async () => {
    const { clock, server, filled, seqs, windowOf } = await make();
    await filled(2);
    server.peer.send(event(4));
    expect(windowOf().current).toMatchObject({ status: "catching-up", holes: [{ from: 3, to: 3 }] });
    await clock.advance(99);
    server.peer.send(event(3));
    expect(windowOf().current).toMatchObject({ status: "live", holes: [] });
    await clock.advance(1_000);
    expect([seqs(), server.peer.got("fetch").length]).toEqual([[1, 2, 3, 4], 1]);
  });

  it("then fetches after its cursor: in 100 ms, doubling to 1 s while nothing newer is found", async () => {
    const { clock, server, script, filled, seqs } = await make();
    await filled(2);
    const at: number[] = [];
    const began = clock.monotonic();
    script.answer = (frame) => {
      if (frame.t !== "fetch") return null;
      expect(frame).toMatchObject({ c: "c1", after: 2 });
      at.push(clock.monotonic() - began);
      return { ...page(3, 2, { head: 2 }), id: frame.id };
    };
    server.peer.send(event(5));
    await clock.advance(4_500);
    expect(at).toEqual([100, 300, 700, 1_500, 2_500, 3_500, 4_500]);
    script.answer = (frame) => (frame.t === "fetch" ? { ...page(3, 4, { head: 5 }), id: frame.id } : null);
    await clock.advance(1_000);
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
    expect(clock.pending).toBeLessThanOrEqual(2);
    // and the next hole is given 100 ms again
    server.peer.send(event(7));
    script.answer = (frame) => (frame.t === "fetch" ? { ...page(6, 7), id: frame.id } : null);
    await clock.advance(100);
    expect(seqs()).toEqual(upTo(7));
  });

  it("right after `welcome` waits 2 s for the page that is on its way", async () => {
    const { clock, gateway, server, script, filled, seqs } = await make();
    await filled(3);
    script.answer = (frame) => {
      if (frame.t !== "hello") return null;
      expect(frame.have).toEqual([["c1", "e1", 3, true]]);
      return null;
    };
    gateway.fate = (frame) => (frame.t === "events" && !("id" in frame) ? [] : [frame]);
    server.peer.close(1006);
    gateway.append("c1", "you", {});
    await clock.advance(1_500);
    server.peer.send(event(5));
    await clock.advance(500);
    expect(server.peer.got("fetch")).toEqual([]);
    await clock.advance(1_500);
    expect(server.peer.got("fetch").length).toBe(1);
    expect(seqs()).toEqual([1, 2, 3, 4, 5]);
  });

  it("after that page has come, a hole is given 100 ms again", async () => {
    const { clock, gateway, server, filled } = await make();
    await filled(3);
    server.peer.close(1006);
    gateway.append("c1", "you", {});
    while (server.peers.length < 2) await clock.advance(10);
    await clock.advance(50);
    server.peer.send(event(6));
    await clock.advance(100);
    expect(server.peer.got("fetch").length).toBe(1);
  });

  it("I16: fetches on while pages say `more`", async () => {
    const { clock, gateway, server, script, filled, seqs, windowOf } = await make();
    await filled(5);
    server.peer.close(1006);
    for (let at = 0; at < 700; at++) gateway.append("c1", "you", {});
    const at: number[] = [];
    script.answer = (frame) => {
      if (frame.t === "fetch") at.push(clock.monotonic());
      return null;
    };
    await clock.advance(2_000);
    // answers take 5 ms, and there is no wait between them
    expect(at.map((ms) => ms - (at[0] ?? 0))).toEqual([0, 5, 10]);
    expect(seqs()).toEqual(upTo(705));
    expect(server.peer.got("fetch").map(({ after }) => after)).toEqual([205, 405, 605]);
    expect(windowOf().current.status).toBe("live");
  });

  it("fetches at once what the gateway gave up, whether it shows or not", async () => {
    const { clock, server, script, filled, seqs, windowOf } = await make();
    await filled(2);
    script.answer = (frame) => (frame.t === "fetch" ? { ...page(3, 4), id: frame.id } : null);
    server.peer.send({ t: "lagging", c: ["c1", "c9"] });
    expect(server.peer.last("fetch")).toMatchObject({ after: 2 });
    expect([seqs(), windowOf().current.status]).toEqual([[1, 2, 3, 4], "live"]);
    script.answer = (frame) => {
      if (frame.t !== "fetch") return null;
      return { t: "error", id: frame.id, code: "unavailable", message: "", retry: 1_000 };
    };
    server.peer.send({ t: "lagging", c: ["c1"] });
    expect(windowOf().current).toMatchObject({ status: "catching-up", error: { code: "unavailable" } });
    server.peer.send(event(5));
    await clock.advance(999);
    expect(server.peer.got("fetch").length).toBe(3);
    script.answer = null;
    await clock.advance(300);
    expect(server.peer.got("fetch").length).toBe(4);
    expect(windowOf().current.error).toBe(null);
  });

  it("learns from `subscribed` and `heads` how far a log reaches", async () => {
    const { clock, server, script, filled, seqs } = await make();
    await filled(2);
    script.answer = (frame) => (frame.t === "fetch" ? { ...page(3, 6), id: frame.id } : null);
    server.peer.send({ t: "heads", heads: [["c1", "e1", 6, 6]] });
    await clock.advance(99);
    expect(seqs()).toEqual([1, 2]);
    await clock.advance(1);
    expect(seqs()).toEqual(upTo(6));
  });

  it("subscribes with the first listener, and lets go 5 s after the last", async () => {
    const { clock, server, windowOf } = await make();
    const undo = [windowOf().subscribe(() => {}), windowOf().subscribe(() => {})];
    await clock.advance(100);
    expect(server.peer.got("subscribe")).toMatchObject([{ c: "c1" }]);
    for (const each of undo) each();
    await clock.advance(4_900);
    const again = windowOf().subscribe(() => {});
    await clock.advance(10_000);
    expect(server.peer.got("unsubscribe")).toEqual([]);
    again();
    await clock.advance(5_000);
    expect(server.peer.got("unsubscribe")).toMatchObject([{ c: "c1" }]);
    windowOf().subscribe(() => {});
    await clock.advance(100);
    expect(server.peer.got("subscribe").length).toBe(2);
    expect(server.peer.got("fetch").length).toBe(1);
    expect(windowOf().current.status).toBe("live");
  });

  it("keeps up what nobody watches: the latest few, unsubscribed; and names them in `have`", async () => {
    const { clock, gateway, server, windowOf, seqs } = await make({ idleTimelinesMax: 2 });
    for (const c of ["c1", "c2", "c3", "c4"]) {
      gateway.append(c, "you", {});
      const undo = windowOf(c).subscribe(() => {});
      await clock.advance(100);
      if (c !== "c4") undo();
      await clock.advance(5_100);
    }
    expect(windowOf("c1").current).toMatchObject({ items: [], status: "loading" });
    gateway.append("c3", "you", {});
    gateway.append("c4", "you", {});
    await clock.advance(100);
    expect([seqs("c3"), seqs("c4")]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    server.peer.close(1006);
    await clock.advance(2_000);
    expect(server.peer.received[0]).toMatchObject({
      have: [
        ["c4", "e4", 2, true],
        ["c3", "e3", 2],
        ["c2", "e2", 1],
      ],
    });
    windowOf("c3").subscribe(() => {});
    windowOf("c1").subscribe(() => {});
    await clock.advance(100);
    expect(server.peer.got("subscribe").map(({ c }) => c)).toEqual(["c3", "c1"]);
    expect(server.peer.got("fetch").map(({ c }) => c)).toEqual(["c1"]);
  });

  it("I17: shows nothing of a conversation that is gone, and reads it again when it comes back", async () => {
    const { clock, gateway, server, filled, windowOf } = await make();
    await filled(3);
    server.peer.send({ t: "events", c: "c1", gone: true });
    expect(windowOf().current).toMatchObject({ items: [], status: "loading", error: { code: "not_found" } });
    await expect(windowOf().older()).rejects.toMatchObject({ code: "not_found" });
    await clock.advance(10_000);
    expect(server.peer.got("fetch").length).toBe(1);
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect(windowOf().current).toMatchObject({ status: "live", error: null });
    expect(windowOf().current.items.length).toBe(4);
    // the gateway has ended the subscription with the membership
    expect(server.peer.got("subscribe").length).toBe(2);
  });

  it("I9: reads it again when the gateway gave up the event by which it came back", async () => {
    const { clock, gateway, server, windowOf, seqs, filled } = await make();
    await filled(2);
    server.peer.send({ t: "events", c: "c1", gone: true });
    await clock.advance(100);
    expect([seqs(), windowOf().current.error?.code]).toEqual([[], "not_found"]);
    gateway.fate = (frame) => (frame.t === "event" ? [] : [frame]);
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect(seqs()).toEqual([]);
    server.peer.send({ t: "lagging", c: ["c1"] });
    await clock.advance(100);
    const { error, status } = windowOf().current;
    expect([seqs(), error, status]).toEqual([[1, 2, 3], null, "live"]);
    expect(server.peer.got("subscribe").length).toBe(2);
  });

  it("I14: subscribes again where the word that it was gone got lost between two events that name the user", async () => {
    const { clock, server, filled } = await make();
    await filled(2);
    const named = (seq: number, ...members: readonly (readonly [string, Role | null])[]) =>
      event(seq, { type: "member", body: { members } });
    server.peer.send(named(3, ["you", "admin"], ["me", null]));
    await clock.advance(100);
    expect(server.peer.got("subscribe").length).toBe(1);
    server.peer.send(named(4, ["me", "member"]));
    server.peer.send(named(4, ["me", "member"]), named(3, ["me", null]), named(5, ["me", "admin"]));
    await clock.advance(100);
    expect(server.peer.got("subscribe").length).toBe(2);
  });

  it("I17: asks where nothing but the event of the removal came, so that the window says that it is gone", async () => {
    const { clock, server, script, filled, windowOf, seqs } = await make();
    await filled(2);
    server.peer.send(event(3, { type: "member", body: { members: [["me", null]] } }));
    script.answer = ({ t, ...frame }) =>
      t === "subscribe" && "id" in frame ? { t: "error", id: frame.id ?? "", code: "not_found", message: "" } : null;
    await clock.advance(14_000);
    expect([server.peer.got("subscribe").length, windowOf().current.status]).toEqual([1, "catching-up"]);
    await clock.advance(2_000);
    expect([server.peer.got("subscribe").length, seqs(), windowOf().current.error?.code]).toEqual([2, [], "not_found"]);
    await clock.advance(5_000);
    expect(server.peer.got("subscribe").length).toBe(2);
  });

  it("I9, I14: presents its cursors again to a gateway that could not look at them", async () => {
    const { clock, gateway, server, filled, windowOf } = await make();
    await filled(3);
    gateway.fate = (frame) =>
      frame.t === "subscribed" || (frame.t === "events" && !("id" in frame))
        ? [{ t: "error", re: "have", code: "unavailable", message: "", retry: 1_000 }]
        : [frame];
    server.peer.close(1006);
    await clock.advance(1_000);
    gateway.fate = (frame) => [frame];
    gateway.append("c1", "you", {});
    expect(server.peer.got("have").length).toBe(0);
    await clock.advance(4_000);
    expect(server.peer.got("have")).toMatchObject([{ have: [["c1", "e1", 4, true]] }]);
    expect(windowOf().current).toMatchObject({ status: "live" });
  });

  it("I17: takes no page that was asked for before it was gone, and asks for none after", async () => {
    const { clock, server, script, filled, windowOf } = await make();
    await filled(3);
    script.answer = (frame) => (frame.t === "fetch" ? "silence" : null);
    server.peer.send({ t: "lagging", c: ["c1"] });
    server.peer.send({ t: "events", c: "c1", gone: true });
    server.peer.send({ ...page(1, 9), id: server.peer.last("fetch").id });
    server.peer.send({ t: "heads", heads: [["c1", "e1", 12, 12]] });
    await clock.advance(10_000);
    expect(windowOf().current).toMatchObject({ items: [], error: { code: "not_found" } });
    expect(server.peer.got("fetch").length).toBe(2);
  });

  it("is live only when this session has told how far the log reaches", async () => {
    const { clock, gateway, server, filled, windowOf } = await make();
    await filled(3);
    gateway.fate = (frame) => (frame.t === "subscribed" ? [] : [frame]);
    server.peer.close(1006);
    await clock.advance(2_000);
    server.peer.send(event(3));
    expect(windowOf().current.status).toBe("catching-up");
    server.peer.send({
      ...{ t: "subscribed", c: "c1", mode: "push", epoch: "e1", head: 3, ord: 3, members: 2, online: 1 },
      watermarks: [],
    });
    expect(windowOf().current.status).toBe("live");
  });

  it("says when a conversation is not the user's, and asks again on the next session only", async () => {
    const { clock, server, script, windowOf } = await make();
    script.answer = (frame) =>
      frame.t === "fetch" || frame.t === "subscribe"
        ? { t: "error", id: frame.id, code: "not_found", message: "" }
        : null;
    windowOf().subscribe(() => {});
    await clock.advance(60_000);
    expect(windowOf().current).toMatchObject({ items: [], error: { code: "not_found" } });
    expect([...server.peer.got("fetch"), ...server.peer.got("subscribe")].length).toBeLessThanOrEqual(2);
    script.answer = null;
    server.peer.close(1006);
    await clock.advance(2_000);
    expect(windowOf().current).toMatchObject({ error: null, status: "live" });
  });

  it("I9: subscribes again where it was refused for now, and says so until it stands", async () => {
    const { clock, server, script, filled, windowOf } = await make();
    script.answer = (frame) =>
      frame.t === "subscribe" ? { t: "error", id: frame.id, code: "unavailable", message: "", retry: 2_000 } : null;
    await filled(2);
    expect(windowOf().current).toMatchObject({ status: "catching-up", items: [{ seq: 1 }, { seq: 2 }] });
    await clock.advance(1_500);
    expect(server.peer.got("subscribe").length).toBe(1);
    script.answer = null;
    await clock.advance(1_100);
    expect(server.peer.got("subscribe").length).toBe(2);
    expect(windowOf().current.status).toBe("live");
    await clock.advance(60_000);
    expect(server.peer.got("subscribe").length).toBe(2);
  });

  it("I9: subscribes again where the answer to `have` was lost", async () => {
    const { clock, gateway, server, filled, windowOf } = await make();
    await filled(2);
    gateway.fate = (frame) => (frame.t === "subscribed" || frame.t === "events" ? [] : [frame]);
    server.peer.close(1006);
    await clock.advance(1_000);
    gateway.append("c1", "you", {});
    gateway.fate = (frame) => [frame];
    expect(windowOf().current.status).toBe("catching-up");
    await clock.advance(15_000);
    expect(server.peer.got("subscribe").length).toBe(1);
    expect(windowOf().current).toMatchObject({ status: "live", items: [{ seq: 1 }, { seq: 2 }, { seq: 3 }] });
  });

  it("goes on without a subscription where the gateway has no more of them", async () => {
    const { clock, gateway, script, windowOf, seqs } = await make();
    script.answer = (frame) =>
      frame.t === "subscribe" ? { t: "error", id: frame.id, code: "too_large", message: "" } : null;
    windowOf().subscribe(() => {});
    await clock.advance(100);
    gateway.append("c1", "you", {});
    await clock.advance(100);
    expect([seqs(), windowOf().current.status]).toEqual([[1], "live"]);
  });

  it("tries again when an answer is refused for now, or never comes", async () => {
    const { clock, script, windowOf, server } = await make();
    script.answer = (frame) =>
      frame.t === "fetch" ? { t: "error", id: frame.id, code: "unavailable", message: "", retry: 2_000 } : null;
    windowOf().subscribe(() => {});
    await clock.advance(1_900);
    expect(server.peer.got("fetch").length).toBe(1);
    script.answer = (frame) => (frame.t === "fetch" ? "silence" : null);
    await clock.advance(1_000);
    expect(server.peer.got("fetch").length).toBe(2);
    await clock.advance(15_000);
    expect(windowOf().current.error).toMatchObject({ code: "timeout" });
    script.answer = null;
    await clock.advance(5_000);
    expect(windowOf().current).toMatchObject({ status: "live", error: null });
  });

  it("I9: says no longer that it cannot be read when what was refused has come in another way", async () => {
    const { clock, server, script, windowOf, seqs, filled } = await make();
    await filled(2);
    script.answer = (frame) =>
      frame.t === "fetch" ? { t: "error", id: frame.id, code: "unavailable", message: "", retry: 5_000 } : null;
    server.peer.send(event(4));
    await clock.advance(200);
    expect(windowOf().current.error?.code).toBe("unavailable");
    server.peer.send(event(3));
    await clock.advance(10);
    const { error, status } = windowOf().current;
    expect([seqs(), error, status]).toEqual([[1, 2, 3, 4], null, "live"]);
  });

  it("I9: says so as well where a refusal comes behind what it was asked for", async () => {
    const { clock, server, script, windowOf, filled } = await make();
    await filled(2);
    let id = "";
    script.answer = (frame) => {
      if (frame.t !== "fetch") return null;
      id = frame.id;
      return "silence";
    };
    server.peer.send(event(4));
    await clock.advance(200);
    server.peer.send(event(3));
    await clock.advance(10);
    server.peer.send({ t: "error", id, code: "unavailable", message: "", retry: 1_000 });
    await clock.advance(10);
    expect(windowOf().current.error?.code).toBe("unavailable");
    await clock.advance(2_000);
    expect(windowOf().current).toMatchObject({ error: null, status: "live" });
  });

  it("I12, I19: reads anew after `reset`, and sends again what the new log lacks", async () => {
    const { clock, gateway, server, client, filled, windowOf } = await make();
    await filled(3);
    const own = ["first", "second"].map((text) => client.conversation("c1").send({ text }));
    await clock.advance(100);
    gateway.lose("c1", 2);
    server.peer.close(1006);
    gateway.append("c1", "you", { text: "new life" });
    await clock.advance(3_000);
    expect(gateway.log("c1").map(({ body }) => body?.["text"] ?? body?.["at"])).toEqual([
      0,
      1,
      "new life",
      "first",
      "second",
    ]);
    expect(windowOf().current.items.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(own.map((out) => [out.current.status, out.current.seq])).toEqual([
      ["sent", 4],
      ["sent", 5],
    ]);
    expect(new Set(gateway.log("c1").map(({ id }) => id)).size).toBe(5);
  });

  it("I8, I12: a `reset` for the life before that comes after the new one was read, and knew less, changes nothing", async () => {
    const { clock, gateway, server, script, filled, seqs, windowOf } = await make();
    await filled(3);
    server.peer.close(1006);
    gateway.lose("c1", 2);
    // answered by hand below: that the cursor is void is known later than what the answered page holds
    gateway.append("c1", "you", {});
    gateway.append("c1", "you", {});
    let said: readonly unknown[] | undefined;
    script.answer = (frame) => {
      if (frame.t === "hello") said = frame.have;
      return null;
    };
    await clock.advance(3_000);
    expect([said, seqs()]).toEqual([[["c1", "e1", 3, true]], [1, 2, 3, 4]]);
    const late = { t: "events", c: "c1", epoch: "e2", head: 3, events: [], reset: true } as const;
    const asked = server.peer.got("fetch").length;
    server.peer.send(late);
    await clock.advance(2_000);
    expect([seqs(), windowOf().current.status]).toEqual([[1, 2, 3, 4], "live"]);
    expect(server.peer.got("fetch").length).toBe(asked);
  });

  it("I19: an event of another epoch under a live session voids the cursor too", async () => {
    const { clock, gateway, client, filled, windowOf } = await make();
    await filled(3);
    const out = client.conversation("c1").send({ text: "mine" });
    await clock.advance(100);
    gateway.lose("c1", 1);
    gateway.append("c1", "you", { text: "other life" });
    await clock.advance(200);
    expect(windowOf().current.items.map(({ body }) => body["text"] ?? body["at"])).toEqual([0, "other life", "mine"]);
    expect(out.current).toMatchObject({ seq: 3, status: "sent" });
  });

  it("I19: asks a gateway that tells of a life that is over less and less often, until it tells of another", async () => {
    const { clock, gateway, script, seqs, filled } = await make();
    await filled(2);
    let asked = 0;
    // the log began another life, and the gateway does not know of it yet, or the store was put back further
    script.answer = (frame) => {
      if (frame.t !== "fetch") return null;
      asked++;
      return { ...page(1, 2), id: frame.id };
    };
    gateway.lose("c1", 1);
    gateway.append("c1", "you", { text: "other life" });
    await clock.advance(5_000);
    const early = asked;
    await clock.advance(115_000);
    expect(early).toBeGreaterThan(2);
    expect([early < 15, asked - early < 20, asked - early >= 4]).toEqual([true, true, true]);
    expect(seqs()).toEqual([]);
    script.answer = null;
    await clock.advance(30_000);
    expect(seqs()).toEqual([1, 2]);
  });

  it("I19: a page of older rows that is of another epoch voids the cursor as well", async () => {
    const { clock, gateway, client, script, server } = await make();
    for (let at = 0; at < 60; at++) gateway.append("c1", "you", { at });
    const window = client.conversation("c1").messages();
    window.subscribe(() => {});
    await clock.advance(100);
    gateway.lose("c1", 2);
    const older = window.older();
    script.answer = (frame) => (frame.t === "fetch" ? "silence" : null);
    await clock.advance(100);
    await older;
    expect(window.current).toMatchObject({ items: [], status: "loading" });
    script.answer = null;
    server.peer.close(1006);
    await clock.advance(2_000);
    expect(window.current.items.map(({ seq }) => seq)).toEqual([1, 2]);
  });

  it("a first page that is never asked for twice at once, however often it is looked at", async () => {
    const { clock, server, windowOf } = await make();
    for (let at = 0; at < 5; at++) windowOf().subscribe(() => {})();
    windowOf().subscribe(() => {});
    windowOf().subscribe(() => {});
    await clock.advance(100);
    expect([server.peer.got("fetch").length, server.peer.got("subscribe").length]).toEqual([1, 1]);
  });
});
