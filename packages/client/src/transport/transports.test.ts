import { describe, expect, it } from "vitest";
import type { SessionListener, TransportKind } from "../ports/transport.ts";
import { FakeNetwork } from "../testing/fake-network.ts";
import { FakeServer } from "../testing/fake-server.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { openingBy } from "./transports.ts";

/** What opens here once it was loaded: the fallback, as far as it matters. */
function make(kinds: readonly TransportKind[] = ["websocket", "sse", "poll"]) {
  const clock = new ManualClock();
  const server = new FakeServer(clock);
  const heard: string[] = [];
  const chunk = { loads: 0, fails: false, opened: 0, unblocked: () => {} };
  const open = openingBy({
    ...{ clock, kinds, random: new SeededRandom(1), network: new FakeNetwork(), fetch: server.http.fetch },
    webSocket: server.open,
    base: () => "http://localhost/chat",
    load: async () => {
      chunk.loads++;
      if (chunk.fails) throw new TypeError("no such chunk");
      return {
        fallback: (_host, unblocked) => {
          chunk.unblocked = unblocked;
          return (_url, listener) => {
            chunk.opened++;
            clock.after(0, () => listener.onOpen());
            return {
              kind: "sse",
              send: (text) => heard.push(`sent ${text}`),
              close: (code) => heard.push(`left ${code}`),
            };
          };
        },
      };
    },
  });
  const listener: SessionListener = {
    onOpen: () => heard.push("open"),
    onText: (text) => heard.push(text),
    onClose: (code) => heard.push(`close ${code}`),
    greet: () => [],
    onReplaced: () => {},
    onAnswersLost: () => {},
  };
  const attempt = () => open("ws://localhost/chat/ws", listener);
  const asked = (): number => server.http.requests.length;
  return { clock, server, heard, chunk, attempt, asked };
}

describe("openingBy", () => {
  it("opens WebSockets, and asks nobody else as long as they work", async () => {
    const { clock, server, heard, chunk, attempt, asked } = make();
    const link = attempt();
    await clock.advance(10);
    server.peer.sendText("welcome");
    link.send('{"t":"bye"}');
    await clock.advance(60_000);
    server.peer.close(4001);
    expect([heard, server.peer.received]).toEqual([["open", "welcome", "close 4001"], [{ t: "bye" }]]);
    expect([asked(), chunk.loads, clock.pending, link.kind]).toEqual([0, 0, 0, undefined]);
  });

  it("falls back where the first WebSocket is refused although HTTP answers, for the next attempt", async () => {
    const { clock, server, heard, chunk, attempt, asked } = make();
    server.accepts = "none";
    attempt();
    await clock.advance(100);
    expect([heard, asked(), chunk.loads, chunk.opened]).toEqual([["close 1006"], 1, 1, 0]);
    const link = attempt();
    await clock.advance(10);
    link.send("up");
    link.close(1000);
    expect([heard, link.kind, server.peers.length]).toEqual([["close 1006", "open", "sent up", "left 1000"], "sse", 1]);
    expect(clock.pending).toBe(0);
  });

  it("falls back after 5 s where it hangs, and not before", async () => {
    const { clock, server, heard, attempt, asked } = make();
    server.accepts = "hanging";
    attempt();
    await clock.advance(4_999);
    expect([heard, asked()]).toEqual([[], 0]);
    await clock.advance(100);
    expect([heard, server.peer.closedWith, clock.pending]).toEqual([["close 1006"], 1000, 0]);
  });

  it("lets one that opens late live, if it is heard before HTTP has answered", async () => {
    const { clock, server, heard, chunk, attempt } = make();
    server.accepts = "hanging";
    attempt();
    const { peer } = server;
    server.http.latencyMs = () => 500;
    await clock.advance(5_500);
    peer.sendText("welcome");
    await clock.advance(5_000);
    expect([heard, chunk.loads, peer.open]).toEqual([["welcome"], 0, true]);
  });

  it("falls back where the upgrade passes and no frame does", async () => {
    const { clock, heard, chunk, attempt } = make();
    attempt();
    await clock.advance(9_100);
    expect([heard, chunk.loads]).toEqual([["open", "close 1006"], 1]);
  });

  it("does not where HTTP does not answer either, or says that the gateway is not well", async () => {
    for (const health of [null, 503]) {
      const { clock, server, heard, chunk, attempt } = make();
      server.accepts = "none";
      server.http.health = health;
      for (let each = 0; each < 5; each++) {
        attempt();
        await clock.advance(100);
      }
      expect([heard.length, server.peers.length, chunk.loads]).toEqual([5, 5, 0]);
      server.accepts = "hanging";
      attempt();
      await clock.advance(20_000);
      expect([heard.length, chunk.loads]).toEqual([5, 0]);
    }
  });

  it("leaves an attempt to its owner's patience where nobody answers that question", async () => {
    const { clock, server, heard, chunk, attempt } = make();
    server.accepts = "none";
    server.http.fate = () => "unanswered";
    const link = attempt();
    await clock.advance(60_000);
    expect([heard, chunk.loads]).toEqual([[], 0]);
    link.close(1000);
    await clock.advance(10);
    expect([heard, clock.pending]).toEqual([[], 0]);
  });

  it("takes two misses in a row where one has worked, and those alone that HTTP outlived", async () => {
    const { clock, server, heard, chunk, attempt } = make();
    const miss = async (health: number | null): Promise<void> => {
      server.http.health = health;
      attempt();
      await clock.advance(100);
    };
    const work = async (): Promise<void> => {
      server.accepts = "all";
      attempt();
      await clock.advance(10);
      server.peer.sendText("welcome");
      server.peer.close(1006);
      server.accepts = "none";
    };
    await work();
    await miss(200);
    await work();
    await miss(200);
    await miss(null);
    await miss(200);
    expect([chunk.loads, heard.filter((each) => each === "close 1006").length]).toEqual([0, 6]);
    await miss(200);
    attempt();
    await clock.advance(10);
    expect([chunk.loads, chunk.opened]).toEqual([1, 1]);
  });

  it("takes the gateway's own refusal for none of the network's", async () => {
    const { clock, server, heard, chunk, attempt, asked } = make();
    attempt();
    await clock.advance(10);
    server.peer.close(4013);
    await clock.advance(10_000);
    expect([heard, asked(), chunk.loads]).toEqual([["open", "close 4013"], 0, 0]);
  });

  it("takes a chunk that cannot be had for a failed attempt, and asks for it again", async () => {
    const { clock, server, heard, chunk, attempt } = make();
    server.accepts = "none";
    chunk.fails = true;
    for (let each = 0; each < 4; each++) {
      attempt();
      await clock.advance(100);
    }
    expect([heard, chunk.loads, chunk.opened]).toEqual([Array(4).fill("close 1006"), 2, 0]);
    expect(server.peers.length).toBe(2);
    chunk.fails = false;
    attempt();
    await clock.advance(100);
    attempt();
    await clock.advance(100);
    expect([chunk.loads, chunk.opened]).toEqual([3, 1]);

    const without = make(["poll"]);
    without.chunk.fails = true;
    without.attempt();
    await without.clock.advance(10);
    expect(without.heard).toEqual(["close 1006"]);
  });

  it("tries WebSockets again when it is told to, and falls back again where they are blocked still", async () => {
    const { clock, server, chunk, attempt } = make();
    server.accepts = "none";
    attempt();
    await clock.advance(100);
    attempt();
    await clock.advance(10);
    chunk.unblocked();
    attempt();
    await clock.advance(100);
    attempt();
    await clock.advance(10);
    expect([server.peers.length, chunk.loads, chunk.opened]).toEqual([2, 2, 2]);
  });

  it("keeps to what it may use", async () => {
    const alone = make(["websocket"]);
    alone.server.accepts = "none";
    alone.attempt();
    await alone.clock.advance(10);
    expect([alone.heard, alone.asked()]).toEqual([["close 1006"], 0]);

    const without = make(["sse"]);
    without.attempt();
    await without.clock.advance(10);
    expect([without.heard, without.server.peers.length, without.asked()]).toEqual([["open"], 0, 0]);
  });

  it("ends at once, wherever it is, and leaves nothing behind", async () => {
    for (const accepts of ["all", "none", "hanging"] as const) {
      for (const afterMs of [0, 3, 6, 5_002]) {
        const { clock, server, heard, attempt } = make();
        server.accepts = accepts;
        const link = attempt();
        await clock.advance(afterMs);
        const before = [...heard];
        link.close(1000);
        link.close(1000);
        await clock.advance(30_000);
        expect([heard, clock.pending]).toEqual([before, 0]);
      }
    }
    const early = make(["poll"]);
    early.attempt().close(1000);
    await early.clock.advance(10);
    expect([early.heard, early.chunk.opened]).toEqual([[], 0]);
  });
});
