import { encodeFrame, type GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { SessionListener, TransportListener } from "../ports/transport.ts";
import { FakeServer } from "../testing/fake-server.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { ReturningConnection } from "./returning-connection.ts";

const welcome = { t: "welcome", session: "s_2" } as unknown as GatewayFrame;
const heads: GatewayFrame = { t: "heads", heads: [] };

/** A session that works by some other way, whose gateway's end is `before`. */
function make() {
  const clock = new ManualClock();
  const server = new FakeServer(clock);
  const heard: string[] = [];
  const before: { ears: TransportListener | null; did: string[] } = { ears: null, did: [] };
  const listener: SessionListener = {
    onOpen: () => heard.push("open"),
    onText: (text) => heard.push(text),
    onClose: (code) => heard.push(`close ${code}`),
    greet: () => ['{"t":"hello"}', '{"t":"have","have":[]}'],
    onReplaced: (text) => heard.push(`replaced ${text}`),
    onAnswersLost: () => heard.push("answers lost"),
  };
  const tried: boolean[] = [];
  const connection = new ReturningConnection(
    { clock, webSocket: server.open, onTried: (through) => tried.push(through) },
    listener,
    (ears) => {
      before.ears = ears;
      return {
        kind: "sse",
        send: (text) => before.did.push(`sent ${text}`),
        close: (code) => before.did.push(`left ${code}`),
      };
    },
  );
  return { clock, server, heard, before, tried, connection };
}

/** The same, with a WebSocket that has said hello. */
async function greeted() {
  const all = make();
  all.connection.tryWebSocket("ws://localhost/chat/ws");
  await all.clock.advance(10);
  expect(all.server.peer.received.map(({ t }) => t)).toEqual(["hello", "have"]);
  return all;
}

describe("ReturningConnection", () => {
  it("lets the session that works go when the other one is welcomed, and not before", async () => {
    const { clock, server, heard, before, tried, connection } = await greeted();
    before.ears?.onText("by the old one");
    connection.send("up");
    expect([connection.kind, before.did]).toEqual(["sse", ["sent up"]]);
    server.peer.send(welcome);
    server.peer.send(heads);
    connection.send('{"t":"bye"}');
    expect(heard).toEqual(["by the old one", `replaced ${encodeFrame(welcome)}`, encodeFrame(heads)]);
    expect([tried, before.did, connection.kind, clock.pending]).toEqual([
      [true],
      ["sent up", "left 1000"],
      undefined,
      0,
    ]);
    expect(server.peer.got("bye").length).toBe(1);
    server.peer.close(4001);
    expect(heard.at(-1)).toBe("close 4001");
  });

  it("gives a WebSocket up that is refused, hangs, is mute, or says something else first", async () => {
    for (const how of ["none", "hanging", "mute", "other"] as const) {
      const { clock, server, heard, before, tried, connection } = make();
      if (how === "none" || how === "hanging") server.accepts = how;
      connection.tryWebSocket("ws://localhost/chat/ws");
      connection.tryWebSocket("ws://localhost/chat/ws");
      await clock.advance(100);
      if (how === "other") server.peer.send(heads);
      await clock.advance(15_000);
      before.ears?.onText("still here");
      expect([heard, tried, before.did, clock.pending]).toEqual([["still here"], [false], [], 0]);
      expect([server.peers.length, server.peer.open]).toEqual([1, false]);
      connection.tryWebSocket("ws://localhost/chat/ws");
      expect(server.peers.length).toBe(2);
    }
  });

  it("is not over where its successor was greeted: that one decides", async () => {
    const through = await greeted();
    through.before.ears?.onClose(4504);
    expect(through.heard).toEqual([]);
    through.server.peer.send(welcome);
    expect(through.heard).toEqual([`replaced ${encodeFrame(welcome)}`]);

    const cut = await greeted();
    cut.before.ears?.onClose(4504);
    cut.server.peer.close(1006);
    expect([cut.heard, cut.tried, cut.clock.pending]).toEqual([["close 1006"], [false], 0]);
  });

  it("is over with the session where no successor was greeted yet", async () => {
    const { clock, server, heard, before, connection } = make();
    connection.tryWebSocket("ws://localhost/chat/ws");
    before.ears?.onClose(4001);
    await clock.advance(20_000);
    expect([heard, server.peer.closedWith, clock.pending]).toEqual([["close 4001"], 1000, 0]);
    connection.tryWebSocket("ws://localhost/chat/ws");
    expect(server.peers.length).toBe(1);
  });

  it("ends both when it is closed", async () => {
    const { clock, server, heard, before, tried, connection } = await greeted();
    connection.close(1000);
    server.peer.send(welcome);
    await clock.advance(20_000);
    expect([heard, tried, before.did, server.peer.closedWith]).toEqual([[], [], ["left 1000"], 1000]);
    expect(clock.pending).toBe(0);
  });
});
