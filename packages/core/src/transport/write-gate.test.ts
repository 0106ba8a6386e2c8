import { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import type { EncodedFrames } from "../ports/transport.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { type Gated, WriteGate } from "./write-gate.ts";

/** A socket that counts how often the operating system is called. */
class Socket extends Writable {
  readonly calls: string[][] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.calls.push([chunk.toString()]);
    done();
  }

  override _writev(chunks: readonly { readonly chunk: Buffer }[], done: () => void): void {
    this.calls.push(chunks.map(({ chunk }) => chunk.toString()));
    done();
  }
}

class Peer implements Gated {
  readonly socket = new Socket() as Socket & Gated["socket"];
  queue: EncodedFrames | EncodedFrames[] | null = null;
  queuedBytes = 0;
  unsentBytes = 0;
  open = true;
}

const framesOf = (text: string): EncodedFrames => ({ texts: [text], bytes: text.length, prepared: null });

function gateOf() {
  const clock = new ManualClock();
  let renderings = 0;
  const gate = new WriteGate(clock, ({ texts }) => {
    renderings++;
    return Buffer.from(texts.join(""));
  });
  return { clock, gate, renderings: () => renderings };
}

describe("WriteGate", () => {
  it("writes nothing within the turn, and all of it in one call at its end, in order", () => {
    const { clock, gate } = gateOf();
    const peer = new Peer();
    for (const text of ["a", "b", "c"]) gate.queue(peer, framesOf(text));
    expect(peer.socket.calls).toEqual([]);
    expect(peer.queuedBytes).toBe(3);
    clock.finishTurn();
    expect(peer.socket.calls).toEqual([["abc"]]);
    expect(peer).toMatchObject({ queue: null, queuedBytes: 0 });
    clock.finishTurn();
    expect(peer.socket.calls).toHaveLength(1);
  });

  it("copies nothing large, and still asks the operating system once", () => {
    const { clock, gate } = gateOf();
    const peer = new Peer();
    const texts = ["a", "b".repeat(16_384), "c"];
    for (const text of texts) gate.queue(peer, framesOf(text));
    clock.finishTurn();
    expect(peer.socket.calls).toEqual([texts]);
  });

  it("renders shared frames once for all sockets", () => {
    const { clock, gate, renderings } = gateOf();
    const peers = Array.from({ length: 100 }, () => new Peer());
    const shared = framesOf("x");
    for (const peer of peers) gate.queue(peer, shared);
    clock.finishTurn();
    expect(renderings()).toBe(1);
    for (const peer of peers) expect(peer.socket.calls).toEqual([["x"]]);
    expect(shared.prepared).not.toBe(null);
  });

  it("asks for one end of turn however many sockets are written to, and again in the next turn", () => {
    const { clock, gate } = gateOf();
    const [first, second] = [new Peer(), new Peer()];
    gate.queue(first, framesOf("a"));
    gate.queue(second, framesOf("b"));
    clock.finishTurn();
    gate.queue(first, framesOf("c"));
    clock.finishTurn();
    expect([first.socket.calls, second.socket.calls]).toEqual([[["a"], ["c"]], [["b"]]]);
  });

  it("writes at once what a socket has when it is to be closed, and not again", () => {
    const { clock, gate } = gateOf();
    const peer = new Peer();
    gate.queue(peer, framesOf("a"));
    gate.flush(peer);
    expect(peer.socket.calls).toEqual([["a"]]);
    clock.finishTurn();
    expect(peer.socket.calls).toEqual([["a"]]);
  });

  it("drops what was queued for a socket that has closed meanwhile", () => {
    const { clock, gate } = gateOf();
    const peer = new Peer();
    gate.queue(peer, framesOf("a"));
    peer.open = false;
    clock.finishTurn();
    expect(peer.socket.calls).toEqual([]);
    expect(peer).toMatchObject({ queue: null, queuedBytes: 0 });
  });
});
