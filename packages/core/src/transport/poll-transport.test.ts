import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../options.ts";
import type { Connection, ConnectionListener } from "../ports/transport.ts";
import { Sweeper } from "../session/heartbeat.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { PollTransport, type PollTransportSurroundings } from "./poll-transport.ts";

const NEVER = new AbortController().signal;
const PEER = { address: "192.0.2.1", origin: null, headers: {} };

/** 32 bytes, as the nth session's secret has them here. */
const secretOf = (n: number): string => Buffer.from(new Uint8Array(32).fill(n - 1)).toString("base64url");

/** A transport, and the connections that it has handed over: each says its id to whatever it is told. */
function transportWith(differing: Partial<PollTransportSurroundings> = {}) {
  const clock = new ManualClock();
  const sweeper = new Sweeper(clock);
  const connections: Connection[] = [];
  const transport = new PollTransport({
    clock,
    limits: { ...DEFAULT_LIMITS, closedPollsMax: 2 },
    accept: (connection): ConnectionListener & { readonly id: string } => {
      const id = `s_n1_${connections.push(connection)}`;
      const onText = (): void => connection.send({ texts: [`"${id}"`], bytes: 8, prepared: null });
      const nothing = (): void => {};
      const rest = { onBinary: nothing, onControl: nothing, onLife: nothing, onDrain: nothing, onClose: nothing };
      return { id, onText, onStream: nothing, ...rest };
    },
    closedBecause: () => null,
    admit: () => null,
    random: { bytes: (count) => new Uint8Array(count).fill(connections.length) },
    equal: (a, b) => a === b,
    sweeper,
    ...differing,
  });
  const open = async () => {
    const answer = transport.open(PEER, ["hello"], NEVER);
    answer.catch(() => {});
    await clock.settle();
    return answer;
  };
  const poll = async (n: number, k: number, secret = secretOf(n)) => {
    const answer = transport.poll({ session: `s_n1_${n}`, secret }, { k, frames: [], waits: false }, NEVER);
    await clock.settle();
    return answer;
  };
  return { clock, sweeper, connections, transport, open, poll };
}

describe("PollTransport", () => {
  it("opens a session with a secret of its own, and finds it by both", async () => {
    const { connections, transport, open, poll } = transportWith();
    expect([await open(), await open()]).toEqual([['"s_n1_1"'], ['"s_n1_2"']]);
    expect(connections.map(({ secret, request }) => [secret, request])).toEqual([
      [secretOf(1), PEER],
      [secretOf(2), PEER],
    ]);
    expect(await poll(1, 2)).toEqual([]);
    expect(await poll(2, 2, secretOf(1))).toBeNull();
    expect(await poll(3, 2)).toBeNull();
    expect(transport.stream({ session: "s_n1_1", secret: secretOf(2) })).toBeNull();
    expect(transport.stream({ session: "s_n1_1", secret: secretOf(1) })).not.toBeNull();
  });

  it.each([
    [{ closedBecause: () => "the server is closing" }, "unavailable", 1_000],
    [
      { admit: () => ({ code: "rate_limited" as const, detail: "too many", retryAfterSeconds: 7 }) },
      "rate_limited",
      7_000,
    ],
  ])("S42: lets nobody in whom the house does not", async (house, code, retryAfterMs) => {
    const { connections, transport, open } = transportWith(house);
    await expect(open()).rejects.toMatchObject({ code, retryAfterMs });
    expect([connections.length, transport.size]).toEqual([0, 0]);
  });

  it("asks for admission by the address", async () => {
    const asked: string[] = [];
    const { open } = transportWith({
      admit: (address) => {
        asked.push(address);
        return null;
      },
    });
    await open();
    expect(asked).toEqual(["192.0.2.1"]);
  });

  it("I25: forgets sessions once their clients have heard, or too many have not, or for two heartbeats", async () => {
    const { clock, sweeper, connections, transport, open, poll } = transportWith();
    for (let n = 0; n < 4; n++) await open();
    expect([transport.size, sweeper.size]).toEqual([4, 4]);
    for (const connection of connections) connection.close(4_001, "draining");
    expect([transport.size, sweeper.size]).toEqual([2, 2]);
    expect(await poll(2, 2)).toBeNull();
    expect(await poll(3, 2)).toEqual(['{"t":"close","code":4001}']);
    await clock.advance(41_000);
    expect([transport.size, sweeper.size, clock.pending]).toEqual([0, 0, 0]);
  });

  it("lets go of everything at its end, and answers who waits", async () => {
    const { clock, sweeper, transport, open } = transportWith();
    await open();
    const shown = { session: "s_n1_1", secret: secretOf(1) };
    const waits = transport.poll(shown, { k: 2, frames: [], waits: true }, NEVER);
    transport.close();
    expect(await waits).toBeNull();
    expect([transport.size, sweeper.size, clock.pending]).toEqual([0, 0, 0]);
  });
});
