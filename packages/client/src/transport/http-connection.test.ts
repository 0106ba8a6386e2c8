import { decodeFrame, type EventFrame, encodeFrame, type GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { SessionListener } from "../ports/transport.ts";
import type { RequestFate } from "../testing/fake-http.ts";
import { FakeServer } from "../testing/fake-server.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { HttpConnection } from "./http-connection.ts";

const welcome = (spread = 400): GatewayFrame =>
  ({ t: "welcome", session: "s_1", spread, now: 0 }) as unknown as GatewayFrame;
const event = (seq: number): EventFrame => ({
  ...{ t: "event", c: "c1", epoch: "e1", seq, ord: seq, type: "message", id: `m${seq}`, from: "you", at: 0, body: {} },
});
const ping = (n: number): string => encodeFrame({ t: "ping", n });

/** One connection against a gateway that is played by hand. `chance`: what all delays are multiplied with. */
function make(streams: boolean, chance = 1) {
  const clock = new ManualClock();
  const server = new FakeServer(clock);
  const { http } = server;
  const heard: string[] = [];
  let silent = 0;
  const listener: SessionListener = {
    onOpen: () => heard.push("open"),
    onText: (text) => {
      const frame = decodeFrame(text);
      heard.push(frame?.t === "event" ? `event ${frame["seq"]}` : String(frame?.t));
    },
    onClose: (code) => heard.push(`close ${code}`),
    greet: () => [],
    onReplaced: () => heard.push("replaced"),
    onAnswersLost: () => heard.push("answers lost"),
  };
  const connection = new HttpConnection(
    { clock, fetch: http.fetch, random: { float: () => chance }, base: () => "http://localhost/chat" },
    listener,
    streams ? () => silent++ : null,
  );
  const polls = () => http.requests.filter(({ path }) => path.startsWith("/poll"));
  const ks = () => polls().map(({ k }) => k);
  return { clock, server, http, heard, connection, polls, ks, silent: () => silent };
}

/** The same, welcomed. */
async function welcomed(streams: boolean, chance = 1) {
  const all = make(streams, chance);
  const { clock, server, http, heard, connection } = all;
  await clock.settle();
  connection.send('{"t":"hello"}');
  await clock.advance(10);
  server.peer.send(welcome());
  await clock.advance(50);
  expect(heard).toEqual(["open", "welcome"]);
  heard.length = 0;
  http.requests.length = 0;
  if (!streams) expect(all.clock.pending).toBe(2);
  return all;
}
/** The fate of the first so many requests that fit; all others are answered. */
const first = (count: number, fate: RequestFate, of: (k: number | null) => boolean = () => true) => {
  let left = count;
  return ({ k }: { readonly k: number | null }): RequestFate => (of(k) && left-- > 0 ? fate : "answered");
};

describe("HttpConnection by polls", () => {
  it("opens without asking anybody, and says hello in a poll of its own that waits for its welcome", async () => {
    const { clock, server, heard, connection, polls } = make(false);
    expect(heard).toEqual([]);
    await clock.settle();
    connection.send('{"t":"hello"}');
    connection.send('{"t":"have","have":[]}');
    await clock.settle();
    connection.send(ping(1));
    await clock.advance(20);
    expect(polls()).toMatchObject([
      { method: "POST", path: "/poll", body: '{"k":1,"frames":[{"t":"hello"},{"t":"have","have":[]}]}' },
    ]);
    expect(polls()[0]?.headers).toEqual({ "content-type": "application/json" });
    server.peer.send(welcome());
    await clock.advance(20);
    expect(heard).toEqual(["open", "welcome"]);
    expect(polls()[1]?.headers).toEqual({
      ...{ "content-type": "application/json", "earshot-session": "s_http_1", "earshot-secret": "secret-1" },
    });
    expect(polls().map(({ body }) => body)[1]).toBe('{"k":2,"frames":[{"t":"ping","n":1}]}');
  });

  it("sends what one turn brings in one poll, which ends the one that hangs; never more than two at once", async () => {
    const { clock, server, http, connection, polls, ks } = await welcomed(false);
    http.latencyMs = () => 50;
    for (const n of [1, 2, 3]) connection.send(ping(n));
    await clock.settle();
    connection.send(ping(4));
    await clock.advance(20);
    connection.send(ping(5));
    expect([ks(), polls()[0]?.body]).toEqual([
      [3],
      '{"k":3,"frames":[{"t":"ping","n":1},{"t":"ping","n":2},{"t":"ping","n":3}]}',
    ]);
    await clock.advance(1_000);
    expect(ks()).toEqual([3, 4]);
    expect(server.peer.got("ping").map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
    expect(polls().every(({ path }) => path === "/poll")).toBe(true);
  });

  it("always has one that hangs", async () => {
    const { clock, server, heard, ks } = await welcomed(false);
    await clock.advance(60_000);
    expect([heard, ks()]).toEqual([[], [3, 4]]);
    server.peer.send(event(1));
    await clock.advance(20);
    expect([heard, ks()]).toEqual([["event 1"], [3, 4, 5]]);
  });

  it.each([
    ["lost", "lost"],
    ["answer-lost", "answer-lost"],
    ["taken by a proxy with 502", 502],
    ["taken by a proxy with 503", 503],
    ["taken by a proxy with 504", 504],
    ["answered by what is no gateway", 200],
  ] as const)(
    "I8: repeats a poll that was %s with the same k and the same frames, and hears each answer once",
    async (_name, fate) => {
      const { clock, server, http, heard, connection, polls } = await welcomed(false);
      http.fate = first(3, fate, (k) => k === 3);
      connection.send(ping(7));
      await clock.advance(20);
      server.peer.send(event(1), event(2));
      await clock.advance(10_000);
      const third = polls().filter(({ k }) => k === 3);
      expect([third.length, new Set(third.map(({ body }) => body)).size]).toEqual([4, 1]);
      expect(server.peer.got("ping").length).toBe(1);
      expect(heard).toEqual(["event 1", "event 2"]);
    },
  );

  it("I22: says nothing newer while a poll waits to be repeated, since the gateway keeps the last answer alone", async () => {
    const { clock, server, http, heard, connection, ks } = await welcomed(false);
    http.fate = first(1, "answer-lost", (k) => k === 3);
    connection.send(ping(1));
    await clock.advance(20);
    server.peer.send(event(1));
    await clock.advance(20);
    connection.send(ping(2));
    await clock.advance(300);
    expect(ks()).toEqual([3]);
    await clock.advance(1_000);
    expect([ks().slice(0, 3), heard]).toEqual([[3, 3, 4], ["event 1"]]);
    expect(server.peer.got("ping").map(({ n }) => n)).toEqual([1, 2]);
  });

  it("repeats by the law of those who come back: within `spread`, then with full jitter, and five times in all", async () => {
    const { clock, http, heard, connection, polls } = await welcomed(false);
    const at: number[] = [];
    http.fate = ({ k }) => {
      if (k !== 3) return "answered";
      at.push(clock.monotonic());
      return "lost";
    };
    connection.send(ping(1));
    await clock.advance(60_000);
    const apart = at.slice(1).map((each, index) => each - (at[index] as number) - 5);
    expect(apart).toEqual([400, 2_000, 4_000, 8_000]);
    expect([heard, polls().length, clock.pending]).toEqual([["close 1006"], 5, 0]);
  });

  it("heeds `Retry-After` as the least, jittered upward", async () => {
    const { clock, http, heard, connection, ks } = await welcomed(false, 0);
    let refused = 0;
    http.fate = ({ k }) => (k === 3 && refused++ < 1 ? { status: 429, retryAfter: 3 } : "answered");
    connection.send(ping(1));
    await clock.advance(3_000);
    expect(ks()).toEqual([3]);
    await clock.advance(100);
    expect([ks(), heard]).toEqual([[3, 3], []]);
  });

  it("gives up a poll that nobody answers, and repeats it", async () => {
    const { clock, http, heard, connection, ks } = await welcomed(false, 0);
    http.fate = first(1, "unanswered", (k) => k === 3);
    connection.send(ping(1));
    await clock.advance(34_900);
    expect(ks().filter((k) => k === 3).length).toBe(1);
    await clock.advance(200);
    expect([ks().filter((k) => k === 3).length, heard]).toEqual([2, []]);
  });

  it("I7: reads answers in the order of k, whichever comes first", async () => {
    const { clock, server, http, heard, connection } = await welcomed(false);
    connection.send(ping(1));
    await clock.advance(20);
    // the one that hangs is answered late, the one behind it at once
    http.latencyMs = ({ k }) => (k === 3 ? 500 : 5);
    server.peer.send(event(1));
    await clock.advance(20);
    connection.send(ping(2));
    await clock.advance(20);
    server.peer.send(event(2));
    await clock.advance(100);
    expect(heard).toEqual([]);
    await clock.advance(1_000);
    expect(heard).toEqual(["event 1", "event 2"]);
  });

  it("ends with the gateway's close code, and with what a refusal comes to", async () => {
    for (const code of [4001, 4100, 4504]) {
      const { clock, server, heard } = await welcomed(false);
      server.peer.close(code);
      await clock.advance(50);
      expect([heard, clock.pending]).toEqual([[`close ${code}`], 0]);
    }
    const refusals = [
      [410, 1006],
      [413, 1009],
      [404, 1006],
      [400, 1006],
      [403, 1006],
    ] as const;
    for (const [status, code] of refusals) {
      const { clock, http, heard, connection } = await welcomed(false);
      http.fate = () => status;
      connection.send(ping(1));
      // the gateway's own deadline for what hung there
      await clock.advance(30_000);
      expect([heard, clock.pending]).toEqual([[`close ${code}`], 0]);
    }
  });

  it("says hello once: a first poll that fails is a failed attempt", async () => {
    for (const fate of ["lost", 502, 410] as const) {
      const { clock, http, heard, connection } = make(false);
      http.fate = () => fate;
      await clock.settle();
      connection.send('{"t":"hello"}');
      await clock.advance(50);
      expect([heard, http.requests.length, clock.pending]).toEqual([["open", "close 1006"], 1, 0]);
    }
  });

  it("takes a `welcome` without a secret for what no gateway says", async () => {
    const { clock, heard, connection } = make(false);
    const answered = (async () => ({
      status: 200,
      headers: new Headers(),
      text: async () => '{"k":1,"frames":[{"t":"welcome","session":"s_1"}]}',
    })) as unknown as typeof fetch;
    const other = new HttpConnection(
      { clock, fetch: answered, random: { float: () => 1 }, base: () => "http://localhost/chat" },
      { ...silentListener, onClose: (code) => heard.push(`close ${code}`) },
      null,
    );
    connection.close();
    other.send('{"t":"hello"}');
    await clock.advance(1);
    expect(heard).toEqual(["close 1002"]);
  });

  it("ends with one last poll that outlives the page and says what there was to say, and nothing else is left", async () => {
    const { clock, server, http, heard, connection } = await welcomed(false);
    connection.send('{"t":"bye"}');
    connection.close();
    connection.close();
    connection.send(ping(1));
    expect(http.requests).toMatchObject([
      { path: "/poll?wait=0", keepalive: true, body: '{"k":3,"frames":[{"t":"bye"}]}' },
    ]);
    await clock.advance(50);
    expect([heard, server.peer.got("bye").length, http.requests.length, clock.pending]).toEqual([[], 1, 1, 0]);

    const early = make(false);
    early.connection.send('{"t":"hello"}');
    early.connection.close();
    await early.clock.advance(50);
    expect([early.heard, early.http.requests, early.clock.pending]).toEqual([[], [], 0]);
  });

  it("cuts what one poll carries to 64 frames and 256 KiB, and gives up at 2,048 that wait", async () => {
    const { clock, server, connection, polls } = await welcomed(false);
    for (let n = 0; n < 100; n++) connection.send(ping(n));
    for (let n = 0; n < 10; n++) connection.send(encodeFrame({ t: "auth", token: "x".repeat(60_000) }));
    await clock.advance(1_000);
    expect([server.peer.got("ping").length, server.peer.got("auth").length]).toEqual([100, 10]);
    for (const { body } of polls()) expect((body ?? "").length).toBeLessThan(262_144 + 100);
    expect(decodeFrame(polls()[0]?.body ?? "")?.["frames"]).toHaveLength(64);

    const full = await welcomed(false);
    for (let n = 0; n <= 2_048; n++) full.connection.send(ping(n));
    await full.clock.advance(30_000);
    expect([full.heard, full.clock.pending, full.polls()]).toEqual([["close 1006"], 0, []]);
  });
});

describe("HttpConnection by streams", () => {
  it("streams down what is said, from the first frame on, and says its own by polls that do not wait", async () => {
    const { clock, server, http, heard, connection, polls } = await welcomed(true);
    expect(http.open).toBe(1);
    server.peer.send(event(1), event(2));
    connection.send(ping(1));
    connection.send(ping(2));
    await clock.advance(50);
    expect(heard).toEqual(["event 1", "event 2"]);
    expect(polls()).toMatchObject([{ path: "/poll?wait=0", k: 2 }]);
    await clock.advance(120_000);
    expect([heard.length, polls().length, http.open]).toEqual([2, 1, 1]);
    connection.close();
    await clock.advance(10);
    expect([http.open, clock.pending]).toEqual([0, 0]);
  });

  it("holds what answered the hello until the stream has begun", async () => {
    const { clock, server, http, heard, connection } = make(true);
    http.latencyMs = ({ path }) => (path === "/sse" ? 1_000 : 5);
    await clock.settle();
    connection.send('{"t":"hello"}');
    await clock.advance(10);
    server.peer.send(welcome(), event(1));
    await clock.advance(1_500);
    expect([heard, connection.welcomed]).toEqual([["open"], false]);
    await clock.advance(1_000);
    expect([heard, connection.welcomed]).toEqual([["open", "welcome", "event 1"], true]);
  });

  it("I8: hears what a new stream repeats once, counts on, and tells that answers may be lost", async () => {
    const { clock, server, http, heard, connection } = await welcomed(true);
    server.peer.send(event(1), event(2), event(3));
    await clock.advance(20);
    connection.send(encodeFrame({ t: "ack", n: 1 }));
    await clock.advance(20);
    server.peer.send(event(4));
    http.cut();
    await clock.advance(100);
    server.peer.send(event(5));
    await clock.advance(1_000);
    expect(heard).toEqual(["event 1", "event 2", "event 3", "answers lost", "event 4", "event 5"]);
    http.cut(false);
    await clock.advance(3_000);
    server.peer.send(event(6));
    await clock.advance(20);
    expect(heard.slice(6)).toEqual(["answers lost", "event 6"]);
  });

  it("I7: hears by polls what comes while it has no stream, and by the next one nothing of it again", async () => {
    const { clock, server, http, heard, connection } = await welcomed(true);
    server.peer.send(event(1), event(2));
    await clock.advance(20);
    http.cut();
    server.peer.send(event(3));
    connection.send(ping(1));
    await clock.advance(100);
    server.peer.send(event(4));
    await clock.advance(1_000);
    server.peer.send(event(5));
    await clock.advance(100);
    expect(heard.filter((each) => each !== "answers lost")).toEqual([1, 2, 3, 4, 5].map((seq) => `event ${seq}`));
  });

  it("I7: takes a late poll's frames for what a new stream has brought already, and counts the stream's own on", async () => {
    const { clock, server, http, heard, connection } = await welcomed(true);
    server.peer.send(event(1), event(2));
    await clock.advance(20);
    http.cut();
    http.latencyMs = ({ path }) => (path === "/sse" ? 5 : 300);
    server.peer.send(event(3));
    // there at 300 ms, while there is no stream; back at 600 ms, when there is one
    connection.send(ping(1));
    await clock.advance(500);
    server.peer.send(event(4));
    await clock.advance(50);
    expect(heard.filter((each) => each !== "answers lost").length).toBe(4);
    await clock.advance(200);
    server.peer.send(event(5), event(6));
    await clock.advance(50);
    expect(heard.filter((each) => each !== "answers lost")).toEqual([1, 2, 3, 4, 5, 6].map((seq) => `event ${seq}`));
  });

  it("ends where the gateway takes more for acknowledged than has come", async () => {
    const { clock, server, http, heard, connection } = await welcomed(true);
    server.peer.send(event(1));
    await clock.advance(20);
    connection.send(encodeFrame({ t: "ack", n: 9 }));
    await clock.advance(20);
    http.cut();
    await clock.advance(1_000);
    expect([heard, clock.pending]).toEqual([["event 1", "close 1006"], 0]);
  });

  it("reads frames that come byte by byte", async () => {
    const { clock, server, http, heard, connection } = make(true);
    http.streams = "bytes";
    await clock.settle();
    connection.send('{"t":"hello"}');
    await clock.advance(10);
    server.peer.send(welcome(), { ...event(1), body: { text: "zwölf 🎉" } });
    for (let each = 0; each < 200; each++) await clock.advance(1);
    expect(heard).toEqual(["open", "welcome", "event 1"]);
  });

  it("opens a stream that ends again, by the law of those who come back, and gives up after five that came to nothing", async () => {
    const { clock, http, heard } = await welcomed(true);
    const at: number[] = [];
    http.fate = ({ path }) => {
      if (path === "/sse") at.push(clock.monotonic());
      return path === "/sse" ? 502 : "answered";
    };
    await clock.advance(60_000);
    const cutAt = clock.monotonic();
    http.cut();
    await clock.advance(60_000);
    const apart = at.map((each, index) => each - (at[index - 1] ?? cutAt) - (index === 0 ? 0 : 5));
    expect(apart).toEqual([400, 400, 2_000, 4_000, 8_000]);
    expect([heard, clock.pending]).toEqual([["close 1006"], 0]);
  });

  it("says that streams are silent where nothing comes by the first one within 4 s", async () => {
    const { clock, server, http, heard, connection, silent } = make(true);
    http.streams = "buffered";
    await clock.settle();
    connection.send('{"t":"hello"}');
    await clock.advance(10);
    server.peer.send(welcome());
    await clock.advance(4_000);
    expect([heard, silent()]).toEqual([["open"], 0]);
    await clock.advance(100);
    expect([heard, silent(), clock.pending]).toEqual([["open", "close 1006"], 1, 0]);
  });

  it("polls on in the same session where there are no streams: refused, or not to be read on this platform", async () => {
    const { clock, server, http, heard, connection, silent, polls } = make(true);
    http.streams = "none";
    await clock.settle();
    connection.send('{"t":"hello"}');
    await clock.advance(10);
    server.peer.send(welcome());
    await clock.advance(100);
    server.peer.send(event(1));
    await clock.advance(100);
    expect([heard, silent(), connection.kind]).toEqual([["open", "welcome", "event 1"], 0, "poll"]);
    expect(polls().map(({ path }) => path)).toEqual(["/poll", "/poll", "/poll"]);
  });

  it("ends with the stream's close code, and with 1006 where the session is gone", async () => {
    const closed = await welcomed(true);
    closed.server.peer.close(4001);
    await closed.clock.advance(50);
    expect([closed.heard, closed.clock.pending]).toEqual([["close 4001"], 0]);

    const gone = await welcomed(true);
    gone.http.forget();
    await gone.clock.advance(1_000);
    expect([gone.heard, gone.clock.pending]).toEqual([["close 1006"], 0]);
  });
});

const silentListener: SessionListener = {
  onOpen: () => {},
  onText: () => {},
  onClose: () => {},
  greet: () => [],
  onReplaced: () => {},
  onAnswersLost: () => {},
};
