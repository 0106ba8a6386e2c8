import { type Body, ChatError, type SendFrame, type SentFrame } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Changes } from "../changes.ts";
import type { AnySendOptions } from "../message.ts";
import { noStorage } from "../no-storage.ts";
import { CLIENT_LIMITS, type ClientLimits } from "../options.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import type { QueuedSend } from "./queued-send.ts";
import { SendQueue } from "./send-queue.ts";

function make(limits: Partial<ClientLimits> = {}) {
  const clock = new ManualClock();
  const link = { open: false, stopped: null, wanted: 0, held: false, out: [] as SendFrame[], skipped: [] as string[] };
  const reach = { is: "sent" as "sent" | "delivered" | "read" };
  const queue = new SendQueue({
    clock,
    random: new SeededRandom(1),
    changes: new Changes(),
    limits: { ...CLIENT_LIMITS, ...limits },
    gateway: {
      get open() {
        return link.open;
      },
      stopped: null,
      want: () => {
        link.wanted++;
      },
      ask: () => {},
    },
    user: () => "me",
    tellAwaited: (text) => link.out.push(JSON.parse(text)),
    skip: (id) => link.skipped.push(id),
    storage: noStorage,
    reached: () => reach.is,
    awaits: () => false,
    onSent: () => link.held,
    onChange: () => {},
  });
  const session = { frame: 65_536, body: 32_768, inflight: 64 };
  const welcome = (more: Partial<typeof session> = {}) => {
    link.open = true;
    link.out.length = 0;
    queue.welcomed({ ...session, ...more });
  };
  const lose = (code: number | null = 1006) => {
    link.open = false;
    queue.lost(code);
  };
  const send = (id: string, c = "c1", body: Body = { id }, options: AnySendOptions = {}) =>
    queue.send(c, body, { id, ...options });
  const sent = (id: string, seq = 1, more: Partial<SentFrame> = {}) =>
    queue.take({ t: "sent", id, c: "c1", epoch: "e1", seq, ord: seq, at: 5, ...more });
  const refuse = (id: string, code: "rate_limited" | "blocked" | "forbidden", retry?: number) =>
    queue.take({ t: "error", id, code, message: "no", ...(retry === undefined ? {} : { retry }) });
  const out = () => link.out.splice(0).map(({ id }) => id);
  return { clock, link, queue, welcome, lose, send, sent, refuse, out, reach };
}
const status = (...sends: readonly QueuedSend[]) => sends.map((each) => each.current.status);

describe("SendQueue", () => {
  it("I4: sends the same frame under the same id until it is answered, however often the connection is lost", async () => {
    const { link, queue, welcome, lose, send, sent } = make();
    const out = send("a", "c1", { text: "hi" }, { re: 4, mentions: "all" });
    expect([link.wanted, link.out.length]).toEqual([1, 0]);
    const frame = { t: "send", id: "a", c: "c1", type: "message", body: { text: "hi" }, re: 4, mentions: "all" };
    for (let session = 0; session < 5; session++) {
      welcome();
      expect(link.out).toEqual([frame]);
      lose();
    }
    welcome();
    sent("a", 7);
    await expect(out.sent).resolves.toEqual({ id: "a", conversation: "c1", epoch: "e1", seq: 7, ord: 7, at: 5 });
    expect(out.current).toMatchObject({ seq: 7, at: 5, status: "sent", re: 4, mentions: "all" });
    lose();
    welcome();
    expect([link.out.length, queue.since, queue.tail("c1").length]).toEqual([0, null, 0]);
  });

  it("makes ids that rise", () => {
    const { queue } = make();
    const ids = Array.from({ length: 50 }, () => queue.send("c1", {}, {}).id);
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(50);
  });

  it("I11: everything unanswered goes out again, in the old order, before anything newer", () => {
    const { welcome, lose, send, sent, out } = make();
    for (const id of ["a", "b", "c", "d"]) send(id);
    welcome({ inflight: 3 });
    expect(out()).toEqual(["a", "b", "c"]);
    sent("b", 2);
    expect(out()).toEqual(["d"]);
    lose();
    send("e");
    welcome();
    expect(out()).toEqual(["a", "c", "d", "e"]);
  });

  it("keeps no more in flight than the gateway reads", () => {
    const { welcome, send, sent, out } = make();
    for (let at = 0; at < 100; at++) send(`m${at}`, `c${at % 7}`);
    welcome({ inflight: 10 });
    expect(out().length).toBe(10);
    sent("m3", 1, { c: "c3" });
    expect(out()).toEqual(["m10"]);
  });

  it("I11: after a refusal with `retry` waits for the others, then begins with the refused one, before anything newer", async () => {
    const { clock, welcome, send, sent, refuse, out } = make();
    welcome();
    for (const id of ["a", "b", "c"]) send(id);
    const other = send("z", "c2");
    expect(out()).toEqual(["a", "b", "c", "z"]);
    sent("a");
    refuse("b", "rate_limited", 1_000);
    send("d");
    await clock.advance(999);
    expect(out()).toEqual([]);
    // `blocked` has not come yet: what is in flight might be taken, and must not be overtaken
    await clock.advance(5_000);
    expect(out()).toEqual([]);
    refuse("c", "blocked", 1_000);
    await clock.advance(1_300);
    expect(out()).toEqual(["b", "c", "d"]);
    sent("z", 1, { c: "c2" });
    expect(other.current.status).toBe("sent");
  });

  it("waits at least as long as it is told, and not much longer", async () => {
    const { clock, welcome, send, refuse, out } = make();
    welcome();
    send("a");
    out();
    for (const retry of [2_000, 0]) {
      refuse("a", "rate_limited", retry);
      await clock.advance(Math.max(retry, 50) - 1);
      expect(out()).toEqual([]);
      await clock.advance(Math.max(retry, 50) * 0.25 + 1);
      expect(out()).toEqual(["a"]);
    }
    expect(clock.pending).toBe(0);
  });

  it("keeps to `retry` on the next session too, which starts unblocked", async () => {
    const { clock, link, welcome, lose, send, refuse, queue, out } = make();
    welcome();
    const a = send("a");
    send("b");
    refuse("a", "rate_limited", 10_000);
    refuse("b", "blocked", 10_000);
    lose();
    welcome();
    expect(out()).toEqual([]);
    expect(a.cancel()).toBe(true);
    expect(link.skipped).toEqual([]);
    await clock.advance(12_500);
    expect(out()).toEqual(["b"]);
    expect(queue.tail("c1").map(({ id }) => id)).toEqual(["b"]);
  });

  it("I3: a refusal without `retry` is final, and those behind it pass", async () => {
    const { welcome, send, refuse, sent, out, queue } = make();
    welcome();
    const a = send("a");
    const b = send("b");
    refuse("a", "forbidden");
    await expect(a.sent).rejects.toMatchObject({ code: "forbidden", message: "no" });
    expect(a.current).toMatchObject({ status: "failed", error: { code: "forbidden" }, seq: null });
    sent("b");
    expect(status(a, b)).toEqual(["failed", "sent"]);
    expect(out()).toEqual(["a", "b"]);
    expect(queue.tail("c1")).toEqual([a]);
  });

  it("a failed send is sent again under its id when the application asks, behind what is queued by now", async () => {
    const { welcome, send, refuse, sent, out, queue } = make();
    welcome();
    const a = send("a");
    refuse("a", "forbidden");
    await expect(a.sent).rejects.toMatchObject({ code: "forbidden" });
    const b = send("b");
    a.retry();
    a.retry();
    expect(out()).toEqual(["a", "b", "a"]);
    expect(queue.tail("c1")).toEqual([b, a]);
    const again = a.sent;
    sent("a", 3);
    await expect(again).resolves.toMatchObject({ seq: 3 });
    a.retry();
    expect(out()).toEqual([]);
  });

  it("a cancelled head is skipped, so that those behind it may pass", async () => {
    const { clock, link, welcome, send, refuse, out } = make();
    welcome();
    const a = send("a");
    const b = send("b");
    refuse("a", "rate_limited", 1_000);
    refuse("b", "blocked", 1_000);
    expect(a.cancel()).toBe(true);
    expect(link.skipped).toEqual(["a"]);
    await expect(a.sent).rejects.toMatchObject({ code: "aborted" });
    out();
    await clock.advance(1_300);
    expect(out()).toEqual(["b"]);
    expect(b.current.status).toBe("pending");
  });

  it("I3: cancels what the gateway cannot have, and nothing else", () => {
    const { queue, welcome, lose, send, sent, refuse } = make();
    const waiting = send("a");
    expect(waiting.cancel()).toBe(true);
    expect(queue.tail("c1")).toEqual([]);
    welcome();
    const onItsWay = send("b");
    expect(onItsWay.cancel()).toBe(false);
    lose();
    expect(onItsWay.cancel()).toBe(false);
    welcome();
    refuse("b", "rate_limited", 10);
    // an earlier one may still have been stored: rates are checked before the key
    expect(onItsWay.cancel()).toBe(false);
    sent("b");
    expect(onItsWay.cancel()).toBe(false);
    const failed = send("c");
    refuse("c", "forbidden");
    expect([failed.cancel(), queue.tail("c1").length]).toEqual([true, 0]);
  });

  it("fails at once what the gateway would not take, and cannot send it again", async () => {
    const { link, welcome, send, queue } = make();
    welcome();
    const out = send("a", "c1", { text: "\u0000" });
    expect(out.current).toMatchObject({ status: "failed", error: { code: "invalid" } });
    await expect(out.sent).rejects.toMatchObject({ code: "invalid" });
    out.retry();
    expect([link.out.length, out.current.status]).toEqual([0, "failed"]);
    expect(queue.tail("c1")).toEqual([out]);
    expect([out.cancel(), queue.tail("c1").length]).toEqual([true, 0]);
    expect(send("b", "c1", null as unknown as Body).current).toMatchObject({ status: "failed", body: {} });
  });

  it("fails what is over the bounds of the gateway that it came to", () => {
    const { link, welcome, send } = make();
    const [big, small] = [send("a", "c1", { text: "x".repeat(500) }), send("b")];
    welcome({ body: 100 });
    expect(status(big, small)).toEqual(["failed", "pending"]);
    expect(link.out.map(({ id }) => id)).toEqual(["b"]);
  });

  it("is bounded in number and in bytes", () => {
    const many = make({ queuedSendsMax: 3 });
    const sends = ["a", "b", "c", "d"].map((id) => many.send(id));
    expect(status(...sends)).toEqual(["pending", "pending", "pending", "failed"]);
    expect(sends[3]?.current.error).toMatchObject({ code: "too_large" });
    many.welcome();
    many.sent("a");
    sends[3]?.retry();
    expect(many.out()).toEqual(["a", "b", "c", "d"]);

    const large = make({ queuedBytesMax: 1_000 });
    const text = "x".repeat(400);
    expect(status(...["a", "b", "c"].map((id) => large.send(id, "c1", { text })))).toEqual([
      "pending",
      "pending",
      "failed",
    ]);
  });

  it("keeps a bounded number of failed sends for windows", () => {
    const { queue, send } = make({ failedSendsMax: 2 });
    for (const id of ["a", "b", "c"]) send(id, "c1", { text: "\u0000" });
    expect(queue.tail("c1").map(({ id }) => id)).toEqual(["b", "c"]);
  });

  it("the same id: the same send again, or a conflict", async () => {
    const { welcome, send, sent, refuse, out } = make();
    welcome();
    const a = send("a");
    expect(send("a")).toBe(a);
    expect(send("a", "c1", { other: 1 }).current).toMatchObject({ status: "failed", error: { code: "conflict" } });
    expect(out()).toEqual(["a"]);
    expect(send("a", "c2")).not.toBe(a);
    refuse("a", "forbidden");
    expect(send("a")).toBe(a);
    expect(a.current.status).toBe("pending");
    sent("a");
    expect(a.current.status).toBe("sent");
  });

  it("an answer without a conversation is for the send that is in flight under that id", () => {
    const { welcome, send, queue } = make();
    const [one, two] = [send("a", "c1"), send("a", "c2")];
    welcome();
    queue.take({ t: "error", id: "a", c: "c2", code: "forbidden", message: "" });
    expect(status(one, two)).toEqual(["pending", "failed"]);
    queue.take({ t: "error", id: "a", code: "forbidden", message: "" });
    expect(status(one, two)).toEqual(["failed", "failed"]);
    queue.take({ t: "error", code: "forbidden", message: "", re: "send" });
    queue.take({ t: "sent", id: "unknown", c: "c1", epoch: "e1", seq: 1, ord: 1, at: 0 });
  });

  it("what was in flight at two closes by 1009 or 4500 fails; the second time it went alone", () => {
    const { welcome, lose, send, sent, out } = make();
    const [good, poison, newer] = [send("good"), send("poison"), send("newer", "c2")];
    welcome();
    expect(out().length).toBe(3);
    lose(1009);
    welcome();
    expect(out()).toEqual(["good"]);
    sent("good");
    expect(out()).toEqual(["poison"]);
    lose(1009);
    expect(status(good, poison, newer)).toEqual(["sent", "failed", "pending"]);
    expect(poison.current.error).toMatchObject({ code: "too_large" });
    welcome();
    expect(out()).toEqual(["newer"]);
    sent("newer", 1, { c: "c2" });
    send("d");
    send("e");
    expect(out()).toEqual(["d", "e"]);
    lose(4500);
    lose(4500);
    lose(1006);
  });

  it("takes a row of the log for an answer, and sends it no more", () => {
    const { queue, welcome, lose, send, out } = make();
    const a = send("a");
    welcome();
    lose();
    const row = { seq: 9, ord: 9, type: "message", id: "a", at: 3, body: {} } as const;
    queue.observe("c1", "e1", [{ ...row, from: "you" }], 9);
    expect(a.current.status).toBe("pending");
    queue.observe("c1", "e1", [{ ...row, from: "me" }], 9);
    expect([a.current.status, a.current.seq, queue.tail("c1").length]).toEqual(["sent", 9, 0]);
    welcome();
    expect(out()).toEqual([]);
  });

  it("a refused head that turns out to be stored holds nobody back", async () => {
    const { clock, link, queue, welcome, lose, send, refuse, out } = make();
    send("a");
    send("b");
    welcome();
    lose();
    welcome();
    refuse("a", "rate_limited", 100);
    refuse("b", "blocked", 100);
    out();
    queue.observe("c1", "e1", [{ seq: 1, ord: 1, type: "message", id: "a", from: "me", at: 0 }], 1);
    expect(link.skipped).toEqual(["a"]);
    await clock.advance(200);
    expect(out()).toEqual(["b"]);
  });

  it("I24: nor does one that was refused after a later one, whose refusal was told first", async () => {
    const { clock, link, queue, welcome, send, refuse, out } = make();
    const sends = ["a", "b", "c"].map((id) => send(id));
    welcome();
    out();
    // the host had no time for "b", while "a" waited for the store
    refuse("b", "rate_limited", 1_000);
    refuse("c", "blocked", 1_000);
    refuse("a", "rate_limited", 1_000);
    const row = { seq: 3, ord: 3, type: "message", id: "a", from: "me", at: 5, body: { id: "a" } } as const;
    queue.observe("c1", "e1", [row], 3);
    expect([link.skipped, status(...sends)]).toEqual([["a"], ["sent", "pending", "pending"]]);
    await clock.advance(2_000);
    expect(out()).toEqual(["b", "c"]);
  });

  it("I24: nor does one that is refused after it was found to be stored", () => {
    const { link, queue, welcome, send, refuse } = make();
    send("a");
    send("b");
    welcome();
    queue.observe("c1", "e1", [{ seq: 1, ord: 1, type: "message", id: "a", from: "me", at: 0 }], 1);
    // it may have been refused, unheard
    expect(link.skipped).toEqual(["a"]);
    refuse("a", "rate_limited", 100);
    refuse("b", "blocked", 100);
    expect(link.skipped).toEqual(["a", "a"]);
    // twice told: it waits to go again, and those behind it with it
    refuse("b", "blocked", 100);
    expect(link.skipped).toEqual(["a", "a"]);
  });

  it("I11: lets nothing newer pass those that are blocked behind it, and not told so yet", async () => {
    const { clock, link, queue, welcome, send, sent, refuse, out } = make();
    send("a");
    send("b");
    welcome();
    queue.observe("c1", "e1", [{ seq: 1, ord: 1, type: "message", id: "a", from: "me", at: 0 }], 1);
    queue.take({ t: "error", id: "a", c: "c1", code: "unavailable", message: "no", retry: 100 });
    expect([link.skipped, out()]).toEqual([
      ["a", "a"],
      ["a", "b"],
    ]);
    send("c");
    send("x", "c2");
    expect(out()).toEqual(["x"]);
    refuse("b", "blocked", 100);
    await clock.advance(200);
    expect(out()).toEqual(["b", "c"]);
    sent("b", 2);
    sent("c", 3);
    send("d");
    expect(out()).toEqual(["d"]);
  });

  it("I11, I24: nor where the refusal of what was found to be stored is never heard", () => {
    const { link, queue, welcome, send, sent, out } = make();
    send("a");
    send("b");
    welcome();
    expect(out()).toEqual(["a", "b"]);
    queue.observe("c1", "e1", [{ seq: 1, ord: 1, type: "message", id: "a", from: "me", at: 0 }], 1);
    expect(link.skipped).toEqual(["a"]);
    send("c");
    expect(out()).toEqual([]);
    sent("b", 2);
    expect(out()).toEqual(["c"]);
  });

  it("shows what is sent until the log shows it", () => {
    const { link, queue, welcome, send, sent } = make();
    welcome();
    const a = send("a");
    link.held = true;
    sent("a", 5);
    expect([queue.tail("c1"), a.current.status]).toEqual([[a], "sent"]);
    queue.observe("c1", "e1", [], 4);
    expect(queue.tail("c1").length).toBe(1);
    queue.observe("c1", "e1", [], 5);
    expect(queue.tail("c1").length).toBe(0);
  });

  it("gives windows own changes until the log shows them, and takes back what fails", () => {
    const { link, queue, welcome, send, sent, refuse } = make();
    const edit = send("e", "c1", { text: "new" }, { type: "edit", re: 4 });
    send("d", "c1", {}, { type: "delete", re: 5 });
    const react = send("r", "c1", { key: "👍", on: true }, { type: "react", re: 4 });
    send("x", "c1", {}, { type: "x-note", re: 4 });
    send("bad", "c1", {}, { type: "react", re: 4 });
    send("other", "c2", { text: "new" }, { type: "edit", re: 4 });
    const shown = () => queue.overlays("c1").map(({ type, re }) => `${type} ${re}`);
    expect([shown(), queue.tail("c1")]).toEqual([["edit 4", "delete 5", "react 4"], []]);
    expect(queue.overlays("c1")[0]?.body).toBe(queue.overlays("c1")[0]?.body);
    welcome();
    refuse("r", "forbidden");
    expect([shown(), status(react)]).toEqual([["edit 4", "delete 5"], ["failed"]]);
    link.held = true;
    sent("e", 9);
    expect([shown(), status(edit)]).toEqual([["edit 4", "delete 5"], ["sent"]]);
    queue.observe("c1", "e1", [], 9);
    expect(shown()).toEqual(["delete 5"]);
    react.retry();
    expect(shown()).toEqual(["delete 5", "react 4"]);
  });

  it("tells how far the others have what was sent", () => {
    const { queue, welcome, send, sent, reach } = make();
    welcome();
    const a = send("a");
    sent("a", 3);
    const seen = [a.current.status];
    a.subscribe(({ status: is }) => seen.push(is));
    for (const is of ["delivered", "read"] as const) {
      reach.is = is;
      queue.receipts("c2");
      a.subscribe(() => {})();
      queue.receipts("c1");
      seen.push(a.current.status);
    }
    expect(seen).toEqual(["sent", "delivered", "read"]);
  });

  it("I19: sends again, in order and before anything newer, what another life of the log had", () => {
    const { queue, welcome, send, sent, out } = make({ sentKeptMax: 2 });
    welcome();
    for (const id of ["a", "b", "c"]) send(id);
    for (const [at, id] of ["a", "b", "c"].entries()) sent(id, at + 1);
    queue.heard("c1", "e1");
    queue.heard("c2", "e9");
    out();
    send("d");
    queue.heard("c1", "e2");
    expect(out()).toEqual(["d", "b", "c"]);
    sent("b", 1, { epoch: "e2" });
    sent("c", 2, { epoch: "e2" });
    sent("d", 3, { epoch: "e2" });
    queue.heard("c1", "e2");
    expect(out()).toEqual([]);
    queue.heard("c1", null);
    expect(out()).toEqual(["c", "d"]);
  });

  it("I19: what is sent again goes behind what is in flight, and before what has not gone out", () => {
    const { queue, welcome, send, sent, out } = make();
    welcome({ inflight: 1 });
    for (const [at, id] of ["a", "b"].entries()) {
      send(id);
      sent(id, at + 1);
    }
    for (const id of ["c", "d"]) send(id);
    out();
    queue.heard("c1", "e2");
    expect(queue.tail("c1").map(({ id }) => id)).toEqual(["a", "b", "c", "d"]);
    for (const [at, id] of ["c", "a", "b"].entries()) sent(id, at + 1, { epoch: "e2" });
    expect(out()).toEqual(["a", "b", "d"]);
  });

  it("I19: sends again what stood behind a hole of a log that is over, also where no more is kept", () => {
    const { link, queue, welcome, send, sent, out } = make({ sentKeptMax: 2 });
    welcome();
    link.held = true;
    for (const id of ["a", "b", "c", "d"]) send(id);
    for (const [at, id] of ["a", "b", "c", "d"].entries()) sent(id, at + 41);
    queue.observe("c1", "e1", [], 41);
    const shown = () => queue.tail("c1").map(({ current: { id, seq } }) => [id, seq]);
    expect(shown()).toEqual([
      ["b", 42],
      ["c", 43],
      ["d", 44],
    ]);
    queue.heard("c1", "e1");
    out();
    queue.heard("c1", "e2");
    expect(out()).toEqual(["b", "c", "d"]);
    expect(shown()).toEqual([
      ["b", null],
      ["c", null],
      ["d", null],
    ]);
    for (const [at, id] of ["b", "c", "d"].entries()) sent(id, at + 7, { epoch: "e2" });
    queue.observe("c1", "e2", [], 9);
    expect(shown()).toEqual([]);
  });

  it("takes what a hook made of the body", async () => {
    const { welcome, send, sent } = make();
    welcome();
    const a = send("a", "c1", { text: "darn" });
    sent("a", 1, { body: { text: "d***" }, dup: true });
    expect(a.current.body).toEqual({ text: "d***" });
  });

  it("closed, all that waits fails, and nothing can be sent", async () => {
    const { clock, link, queue, welcome, send, refuse } = make();
    welcome();
    const [a, b] = [send("a"), send("b")];
    refuse("a", "rate_limited", 1_000);
    queue.close(new ChatError("closed", "closed"));
    await expect(a.sent).rejects.toMatchObject({ code: "closed" });
    expect(status(a, b, send("c"))).toEqual(["failed", "failed", "failed"]);
    a.retry();
    expect([a.current.status, clock.pending, link.out.length]).toEqual(["failed", 0, 2]);
  });

  it("I11: whatever is refused, blocked, lost or cancelled, the gateway stores in the order written", async () => {
    const deed = fc.constantFrom("send", "answer", "refuse", "refuse", "lose", "wait", "cancel" as const);
    await fc.assert(
      fc.asyncProperty(fc.array(deed, { maxLength: 80 }), async (deeds) => {
        const { clock, link, queue, welcome, lose, send } = make();
        const stored: string[] = [];
        const sends: QueuedSend[] = [];
        let blocker: string | null = null;
        welcome();
        /** What a gateway does with the oldest frame that it has not read. */
        const serve = (refuses: boolean): void => {
          if (link.skipped.splice(0).includes(blocker ?? "")) blocker = null;
          const frame = link.out.shift();
          if (frame === undefined) return;
          const { id } = frame;
          if (blocker !== null && blocker !== id && !stored.includes(id)) {
            queue.take({ t: "error", id, code: "blocked", message: "", retry: 100 });
          } else if (refuses && !stored.includes(id)) {
            blocker = id;
            queue.take({ t: "error", id, code: "rate_limited", message: "", retry: 100 });
          } else {
            if (blocker === id) blocker = null;
            if (!stored.includes(id)) stored.push(id);
            queue.take({ t: "sent", id, c: "c1", epoch: "e1", seq: stored.indexOf(id) + 1, ord: 1, at: 0 });
          }
        };
        for (const what of deeds) {
          if (what === "send") sends.push(send(`m${sends.length}`.padStart(4, "0")));
          else if (what === "answer") serve(false);
          else if (what === "refuse") serve(true);
          else if (what === "wait") await clock.advance(60);
          else if (what === "cancel") sends.at(-2)?.cancel();
          else {
            // the gateway still takes one frame that it has read, and its answer is lost
            const frame = link.out[0];
            if (frame !== undefined && blocker === null && !stored.includes(frame.id)) stored.push(frame.id);
            lose();
            blocker = null;
            link.skipped.length = 0;
            welcome();
          }
        }
        for (let rounds = 0; queue.since !== null || link.out.length > 0 || rounds < 40; rounds++) {
          while (link.out.length > 0) serve(false);
          await clock.advance(60);
        }
        const wanted = sends.filter((each) => each.current.error?.code !== "aborted");
        expect(stored).toEqual(wanted.map(({ id }) => id));
        expect(wanted.every((each) => each.current.status === "sent")).toBe(true);
        expect([clock.pending, queue.tail("c1").length]).toEqual([0, 0]);
      }),
    );
  });
});
