import { describe, expect, it } from "vitest";
import { ConnectionLines } from "./connection-lines.ts";
import type { HistoryLine } from "./history-line.ts";
import { PollLines } from "./poll-lines.ts";
import { SimulatedTime } from "./time.ts";

const GONE = { status: 410, headers: new Headers(), text: "{}" };
const answer = (...frames: readonly object[]) => ({
  ...{ status: 200, headers: new Headers(), text: JSON.stringify({ k: 1, frames }) },
});
const poll = (k: number, session: string | null = "s_1") => ({ session, body: `{"k":${k},"frames":[]}` });

/** A session that was welcomed on n1, and how its end was written down. */
function welcomed() {
  const lines: HistoryLine[] = [];
  const device = { name: "ann.1", user: "ann", transport: "poll", storage: false } as const;
  const host = { time: new SimulatedTime(), device, p: "ann.1#1", write: (line: HistoryLine) => void lines.push(line) };
  let connections = 0;
  const polls = new PollLines(() => new ConnectionLines(host, ++connections));
  polls.answered(poll(1, null), "n1#1", answer({ t: "welcome", session: "s_1", resumed: false }));
  const ends = () => lines.flatMap((line) => (line.ev === "close" ? [[line.code, line.side]] : []));
  return { polls, ends };
}

describe("PollLines", () => {
  it("I22: lays a session that its gateway does not know to the gateway, and to the network where that lost the answer", () => {
    const gateway = welcomed();
    gateway.polls.lost(poll(2));
    gateway.polls.answered(poll(2), "n1#1", answer());
    gateway.polls.answered(poll(2), "n1#1", GONE);
    expect(gateway.ends()).toEqual([[1006, "gateway"]]);
    const network = welcomed();
    network.polls.lost(poll(2));
    network.polls.answered(poll(3), "n1#1", answer());
    network.polls.answered(poll(2), "n1#1", GONE);
    expect(network.ends()).toEqual([[1006, "network"]]);
    const closed = welcomed();
    closed.polls.lost(poll(2));
    closed.polls.answered(poll(3), "n1#1", GONE);
    expect(closed.ends()).toEqual([[1006, "network"]]);
    const later = welcomed();
    later.polls.lost(poll(2));
    later.polls.answered(poll(3), "n1#1", answer());
    later.polls.answered(poll(4), "n1#1", GONE);
    expect(later.ends()).toEqual([[1006, "gateway"]]);
  });

  it("I22: has a device that sent its last poll for gone, whatever is answered to that", () => {
    const { polls, ends } = welcomed();
    polls.left("s_1");
    polls.answered(poll(2), "n1#1", GONE);
    expect(ends()).toEqual([[1000, "device"]]);
  });
});
