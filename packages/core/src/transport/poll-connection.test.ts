import { CLOSE, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../options.ts";
import type { ConnectionListener, EncodedFrames } from "../ports/transport.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { PollConnection } from "./poll-connection.ts";
import type { PollAnswer } from "./poll-exchange.ts";

const NEVER = new AbortController().signal;
const frames = (...texts: string[]): EncodedFrames => ({ texts, bytes: texts.join("").length, prepared: null });

/** A connection, and what its session is told. */
function connectionWith(limits: Partial<typeof DEFAULT_LIMITS> = {}) {
  const clock = new ManualClock();
  const told: string[] = [];
  const listener: ConnectionListener & { readonly id: string; onEach: (text: string) => void } = {
    id: "s_n1_1",
    onEach: () => {},
    onText(text) {
      told.push(text.length > 20 ? `${text.length} characters` : text);
      this.onEach(text);
    },
    onBinary: () => told.push("binary"),
    onControl: () => told.push("control"),
    onLife: () => told.push("life"),
    onDrain: () => told.push("drain"),
    onStream: (queued) => told.push(`stream ${queued}`),
    onClose: (code, clean) => told.push(`close ${code} ${clean}`),
  };
  const connection = new PollConnection(
    {
      clock,
      limits: { ...DEFAULT_LIMITS, ...limits },
      closed: () => told.push("closed"),
      ended: () => told.push("ended"),
    },
    { address: "", origin: null, headers: {} },
    "secret",
  );
  connection.start(listener);
  const poll = async (k: number, texts: string[] = [], waits = true): Promise<PollAnswer | "waits"> => {
    const answer = connection.poll({ k, frames: texts, waits }, NEVER);
    answer.catch(() => {});
    await clock.settle();
    return Promise.race([answer, Promise.resolve("waits" as const)]);
  };
  return { clock, told, listener, connection, poll };
}

describe("PollConnection", () => {
  it("hands on one text after the other, as long as its session reads", async () => {
    const { told, listener, connection, poll, clock } = connectionWith();
    listener.onEach = (text) => {
      if (text === "b") connection.pause();
    };
    await poll(1, ["a", "b", "c"]);
    expect(told).toEqual(["life", "a", "b"]);
    await poll(2, ["d"]);
    expect(told.splice(0)).toEqual(["life", "a", "b", "life"]);
    connection.resume();
    connection.resume();
    expect(told).toEqual([]);
    await clock.settle();
    expect(told).toEqual(["c", "d"]);
  });

  it("answers at the end of the turn, and tells when what it kept was taken", async () => {
    const { clock, told, connection } = connectionWith();
    connection.send(frames("1"));
    expect(connection.bufferedBytes).toBe(1);
    const answer = connection.poll({ k: 1, frames: [], waits: true }, NEVER);
    connection.send(frames("2", "3"));
    expect(told).toEqual(["life"]);
    await clock.settle();
    expect(await answer).toEqual(["1", "2", "3"]);
    expect(told).toEqual(["life", "drain"]);
    // Nobody knows yet whether it has arrived.
    expect(connection.bufferedBytes).toBe(3);
    const next = connection.poll({ k: 2, frames: [], waits: false }, NEVER);
    expect(connection.bufferedBytes).toBe(0);
    expect(told).toEqual(["life", "drain", "life", "drain"]);
    expect(await next).toEqual([]);
  });

  it("fills an answer with what its session has room for once it drains", async () => {
    const { told, listener, connection, poll } = connectionWith({ pollBytesMax: 4 });
    let left = 10;
    listener.onDrain = () => {
      if (left > 0) connection.send(frames(String(--left)));
    };
    connection.send(frames("x"));
    expect(await poll(1)).toEqual(["x", "9", "8", "7"]);
    expect(await poll(2)).toEqual(["6", "5", "4", "3"]);
    expect(told.filter((what) => what === "closed")).toEqual([]);
  });

  it("S19: closes at a text over 64 KiB, whatever its session says, and tells it once", async () => {
    const { told, poll } = connectionWith();
    expect(await poll(1, ["x".repeat(LIMITS.frameBytesMax)])).toBe("waits");
    expect(await poll(2, ["ß".repeat(LIMITS.frameBytesMax / 2 + 1), "y"])).toEqual([
      `{"t":"close","code":${CLOSE.tooLarge.code}}`,
    ]);
    expect(told).toEqual(["life", "65536 characters", "life", "closed", "close 1009 false"]);
    expect(await poll(3)).toBeNull();
  });

  it("closes with what is queued before it, and hears nothing more", async () => {
    const { told, connection, poll } = connectionWith({ pollBytesMax: 3 });
    connection.send(frames("abc"));
    connection.send(frames("def"));
    connection.close(4_000, "slow consumer");
    connection.close(4_001, "again");
    connection.send(frames("too late"));
    expect(await poll(1, ["x"])).toEqual(["abc"]);
    expect(await poll(2, ["x"])).toEqual(["def"]);
    expect(await poll(3, ["x"], false)).toEqual(['{"t":"close","code":4000}']);
    expect(await poll(4)).toBeNull();
    expect(await poll(3)).toEqual(['{"t":"close","code":4000}']);
    expect(told.filter((what) => what !== "closed")).toEqual(["close 4000 false"]);
  });

  it("is over at once when nobody was heard for two heartbeats", async () => {
    const { clock, told, connection, poll } = connectionWith();
    connection.send(frames("welcome"));
    await poll(1);
    await clock.advance(40_000);
    connection.close(4_002, "silent");
    await clock.settle();
    expect(told.slice(-3)).toEqual(["closed", "ended", "close 4002 false"]);
    expect(await poll(2)).toBeNull();
  });

  it("bounds what waits to be read, and lets polls without frames through", async () => {
    const { connection, poll } = connectionWith({ pollFramesMax: 4 });
    connection.pause();
    await poll(1, ["a", "b", "c"]);
    const refused = connection.poll({ k: 2, frames: ["d", "e"], waits: true }, NEVER);
    await expect(refused).rejects.toMatchObject({ code: "rate_limited", retryAfterMs: 1_000 });
    connection.send(frames("answer"));
    expect(await poll(2)).toEqual(["answer"]);
    expect(await poll(3, ["d"], false)).toEqual([]);
  });

  it("counts what it has read no longer, and early polls that were taken", async () => {
    const { connection, poll, clock } = connectionWith();
    const large = Array.from({ length: 12 }, () => "x".repeat(60_000));
    for (let k = 1; k < 8; k += 2) {
      const early = connection.poll({ k: k + 1, frames: large, waits: false }, NEVER);
      await poll(k, large);
      await clock.settle();
      expect(await early).toEqual([]);
    }
    connection.pause();
    await poll(9, ["a"], false);
    expect(await poll(10, ["b"], false)).toEqual([]);
  });

  it("reads no more in one turn than a socket would", async () => {
    const { clock, told, connection } = connectionWith();
    const texts = Array.from({ length: 1_000 }, (_, n) => String(n));
    void connection.poll({ k: 1, frames: texts, waits: true }, NEVER);
    expect(told).toEqual(["life", ...texts.slice(0, 512)]);
    await clock.settle();
    expect(told).toEqual(["life", ...texts]);
  });

  it("lets a repetition wait as long as the first one", async () => {
    const { clock, connection, poll } = connectionWith();
    connection.send(frames("welcome"));
    await poll(1);
    const first = connection.poll({ k: 2, frames: [], waits: true }, NEVER);
    await clock.advance(20_000);
    const second = connection.poll({ k: 2, frames: [], waits: true }, NEVER);
    await clock.advance(20_000);
    connection.sweep(clock.monotonic());
    await clock.settle();
    expect(await Promise.race([first, second, Promise.resolve("waits")])).toBe("waits");
    await clock.advance(5_000);
    connection.sweep(clock.monotonic());
    expect([await first, await second]).toEqual([[], []]);
  });

  it("does not answer to nobody when the time of a poll has come", async () => {
    const { clock, connection, poll } = connectionWith();
    connection.send(frames("welcome"));
    await poll(1);
    const gone = new AbortController();
    void connection.poll({ k: 2, frames: [], waits: true }, gone.signal);
    gone.abort();
    connection.send(frames("news"));
    await clock.advance(26_000);
    connection.sweep(clock.monotonic());
    expect(await poll(3)).toEqual(["news"]);
  });

  it("keeps an early poll as long as somebody waits for it", async () => {
    const { told, connection, poll, clock } = connectionWith();
    connection.send(frames("welcome"));
    await poll(1);
    const gone = new AbortController();
    const early = { k: 3, frames: ["early"], waits: false };
    const first = connection.poll(early, NEVER);
    void connection.poll(early, gone.signal);
    const kept = connection.poll(early, NEVER);
    gone.abort();
    await poll(2, [], false);
    await clock.settle();
    expect(await Promise.race([Promise.all([first, kept]), poll(4, [], false)])).toEqual([[], []]);
    expect(told.filter((what) => what === "early")).toHaveLength(1);
  });

  it("tells early polls at once when it is over", async () => {
    const { connection, poll } = connectionWith();
    connection.send(frames("welcome"));
    await poll(1);
    const early = connection.poll({ k: 4, frames: [], waits: true }, NEVER);
    const hanging = connection.poll({ k: 2, frames: [], waits: true }, NEVER);
    connection.close(4_504, "replaced");
    expect(await hanging).toEqual(['{"t":"close","code":4504}']);
    expect(await early).toBeNull();
  });

  it("keeps little of what nobody waits for once it is closed", async () => {
    const { connection, poll } = connectionWith();
    connection.send(frames("x".repeat(70_000)));
    await poll(1);
    connection.send(frames("y".repeat(70_000)));
    connection.close(4_504, "replaced");
    expect(connection.bufferedBytes).toBeLessThan(200_000);
    expect(await poll(1)).toBeNull();
    expect(await poll(2)).toEqual(['{"t":"close","code":4504}']);
  });

  it("bounds it in characters too", async () => {
    const { connection, poll } = connectionWith();
    connection.pause();
    const megabyte = Array.from({ length: 20 }, () => "x".repeat(60_000));
    await poll(1, megabyte);
    await expect(connection.poll({ k: 2, frames: megabyte, waits: true }, NEVER)).rejects.toMatchObject({
      code: "rate_limited",
    });
  });

  it("refuses an early poll for which there is no room when its turn comes", async () => {
    const { connection, poll } = connectionWith({ pollFramesMax: 3 });
    connection.pause();
    await poll(1, ["a"]);
    const early = connection.poll({ k: 3, frames: ["c", "d"], waits: true }, NEVER);
    early.catch(() => {});
    expect(await poll(2, ["b"], false)).toEqual([]);
    await expect(early).rejects.toMatchObject({ code: "rate_limited" });
    expect(await poll(3, [], false)).toEqual([]);
  });

  it("asks for the beginning of a stream, and tells what of it waits itself", async () => {
    const { told, listener, connection, poll, clock } = connectionWith();
    listener.onStream = (queued) => {
      told.push(`stream ${queued}`);
      connection.send(frames("from"));
      connection.send(frames("e1"), true);
    };
    connection.send(frames("e2", "e3"), true);
    connection.send(frames("answer"));
    const first = connection.openStream();
    expect(connection.repeats).toBe(false);
    expect(await first?.next()).toEqual(["from", "e1", "e2", "e3", "answer"]);
    const more = first?.next();
    connection.send(frames("e4"), true);
    await clock.settle();
    expect(await more).toEqual(["e4"]);
    connection.send(frames("e5"), true);
    expect(await first?.next()).toEqual(["e5"]);
    let woken = false;
    void first?.next().then(() => {
      woken = true;
    });
    await clock.settle();
    expect(woken).toBe(false);
    expect(told).toEqual(["life", "stream 2", "drain", "drain", "drain"]);
    expect(await poll(1, [], false)).toBe("waits");
    connection.send(frames("e6"), true);
    const second = connection.openStream();
    expect(await first?.next()).toBeNull();
    expect(await second?.next()).toEqual(["from", "e1", "e6"]);
    second?.cancel();
    expect(connection.repeats).toBe(true);
    expect(await poll(2, [], false)).toEqual(["from", "e1"]);
    expect(await poll(3, [], false)).toEqual([]);
  });

  it("gives the close to the stream, also if nobody reads it yet", async () => {
    const { connection } = connectionWith();
    const stream = connection.openStream();
    const early = connection.poll({ k: 5, frames: [], waits: true }, NEVER);
    connection.send(frames("x"));
    connection.close(1_001, "going away");
    expect(await early).toBeNull();
    connection.end();
    expect(await stream?.next()).toEqual(["x", '{"t":"close","code":1001}']);
    expect(await stream?.next()).toBeNull();
    stream?.cancel();
    expect(connection.openStream()).toBeNull();
  });

  it("brings a stream what was left when it closed before", async () => {
    const { connection } = connectionWith();
    connection.send(frames("x"));
    connection.close(4_504, "replaced");
    const stream = connection.openStream();
    expect(await stream?.next()).toEqual(["x", '{"t":"close","code":4504}']);
    expect(await stream?.next()).toBeNull();
  });
});
