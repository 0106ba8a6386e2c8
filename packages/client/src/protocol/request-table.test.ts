import { ChatError, type GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { RequestTable } from "./request-table.ts";

function make() {
  const clock = new ManualClock();
  const link = { open: true, stoppedBy: null as ChatError | null, wanted: 0, out: [] as { t: string; id: string }[] };
  const table = new RequestTable(clock, {
    get open() {
      return link.open;
    },
    get stoppedBy() {
      return link.stoppedBy;
    },
    want: () => {
      link.wanted++;
    },
    tellAwaited: (text) => link.out.push(JSON.parse(text)),
  });
  const answers: unknown[] = [];
  const ask = (): string => {
    table.ask({ t: "unsubscribe", c: "c1" }, (answer) => answers.push(answer));
    return link.out.at(-1)?.id ?? "";
  };
  return { clock, link, table, answers, ask };
}

describe("RequestTable", () => {
  it("gives each answer to the request that it answers, from within the frame", () => {
    const { table, answers, ask, link, clock } = make();
    const [one, two] = [ask(), ask()];
    expect(link.out[0]).toEqual({ t: "unsubscribe", c: "c1", id: one });
    expect(table.takes({ t: "unsubscribed", id: two })).toBe(true);
    expect(answers).toEqual([{ t: "unsubscribed", id: two }]);
    expect(table.takes({ t: "unsubscribed", id: two })).toBe(false);
    expect(table.takes({ t: "unsubscribed", id: one })).toBe(true);
    expect([answers.length, table.since, clock.pending]).toEqual([2, null, 0]);
  });

  it("makes an error of a refusal, with all that it says", () => {
    const { table, answers, ask } = make();
    const id = ask();
    table.takes({ t: "error", id, code: "rate_limited", message: "no", retry: 7, reason: "why", last: 23 });
    expect(answers).toMatchObject([
      { name: "ChatError", code: "rate_limited", message: "no", retryAfterMs: 7, reason: "why", details: { last: 23 } },
    ]);
  });

  it("takes nothing that is for others", () => {
    const { table, ask } = make();
    const id = ask();
    const others: GatewayFrame[] = [
      { t: "pong", n: 0, now: 0, resume: "" },
      { t: "error", code: "invalid", message: "", re: "ack" },
      { t: "error", id: "a message's", code: "invalid", message: "" },
      { t: "sent", id, c: "c1", epoch: "e1", seq: 1, ord: 1, at: 0 },
    ];
    for (const frame of others) expect(table.takes(frame)).toBe(false);
    expect(table.since).toBe(0);
  });

  it("knows since when the oldest waits, and gives up after 15 s", async () => {
    const { clock, table, answers, ask } = make();
    await clock.advance(1_000);
    ask();
    await clock.advance(1_000);
    const id = ask();
    expect(table.since).toBe(1_000);
    await clock.advance(14_000);
    expect(answers).toMatchObject([{ code: "timeout" }]);
    expect(table.since).toBe(2_000);
    table.takes({ t: "unsubscribed", id });
    expect([answers.length, clock.pending]).toEqual([2, 0]);
  });

  it("answers `offline` at once without a session, and to all when it ends", () => {
    const { clock, link, table, answers, ask } = make();
    ask();
    ask();
    link.open = false;
    table.lost();
    ask();
    expect(answers).toMatchObject([{ code: "offline" }, { code: "offline" }, { code: "offline" }]);
    expect([link.out.length, clock.pending]).toEqual([2, 0]);
  });

  it("passes on what the connection says of itself", () => {
    const { link, table } = make();
    table.want();
    expect([table.open, table.stopped, link.wanted]).toEqual([true, null, 1]);
    link.stoppedBy = new ChatError("closed", "closed");
    expect(table.stopped).toBe(link.stoppedBy);
  });
});
