import { headers } from "@nats-io/transport-node";
import { describe, expect, it } from "vitest";
import { controlOf, deliveryOf } from "./delivery-of.ts";

const status = (code: number, description: string, more: Readonly<Record<string, string>> = {}) => {
  const given = headers(code, description);
  for (const [key, value] of Object.entries(more)) given.set(key, value);
  return controlOf({ headers: given });
};

describe("what JetStream delivers", () => {
  it("says in its reply subject where it stands, of servers old and new", () => {
    const delivery = { streamSeq: 42, consumerSeq: 7, at: 1_700_000_000_123.456 };
    expect(deliveryOf({ reply: "$JS.ACK.bus.c1.1.42.7.1700000000123456000.0" })).toEqual(delivery);
    expect(deliveryOf({ reply: "$JS.ACK._.hash.bus.c1.1.42.7.1700000000123456000.0.token" })).toEqual(delivery);
    for (const reply of ["", "_INBOX.1", "$JS.ACK.bus.c1.1.x.7.1.0"]) expect(deliveryOf({ reply })).toBeNull();
    expect(deliveryOf({})).toBeNull();
  });

  it("is a message unless it has a status", () => {
    expect(controlOf({})).toBeNull();
    expect(controlOf({ headers: headers() })).toBeNull();
    expect(status(100, "Idle Heartbeat", { "Nats-Last-Consumer": "7" })).toEqual({
      kind: "heartbeat",
      consumerSeq: 7,
      stalled: null,
    });
    expect(status(100, "FlowControl Request")).toEqual({ kind: "flow" });
    expect(status(409, "Consumer Deleted")).toEqual({ kind: "ended" });
  });
});
