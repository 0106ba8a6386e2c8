import type { EventRow, GatewayFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode, encodeAgain, encodeDeleted, encodeEvents, encodePage } from "./encode.ts";

const AT = 1_700_000_000_000;

const ROWS: readonly EventRow[] = [
  {
    seq: 1,
    ord: 0,
    type: "meta",
    from: "alice",
    at: AT,
    body: { kind: "group", title: "Käse & 👍", members: [["alice", "owner"]] },
  },
  { seq: 2, ord: 1, type: "message", id: "m1", from: "alice", at: AT, body: { text: "hi" } },
  {
    seq: 3,
    ord: 2,
    type: "message",
    id: "m2",
    from: "bob",
    at: AT,
    body: { text: '日本語 " \\ \u2028 \n' },
    re: 2,
    mentions: "all",
  },
  { seq: 4, ord: 2, type: "x-empty", id: "m3", from: "bob", at: AT, body: {} },
];

const bytes = (text: string): number => Buffer.byteLength(text);

describe("encode", () => {
  const frames: readonly GatewayFrame[] = [
    { t: "pong", n: 3, now: AT, resume: "a.b" },
    { t: "error", id: "r1", code: "invalid", message: "größer als 32 kB" },
    { t: "events", c: "c1", gone: true },
  ];

  it.each(frames)("gives the frame's JSON text and its bytes: $t", (frame) => {
    expect(encode(frame)).toEqual({
      texts: [JSON.stringify(frame)],
      bytes: bytes(JSON.stringify(frame)),
      prepared: null,
    });
  });
});

describe("encodeEvents", () => {
  it("gives each event as the JSON text of its frame, to the letter", () => {
    const { events } = encodeEvents("c1", "e1", ROWS);
    expect(events.map((event) => event.frame.texts)).toEqual(
      ROWS.map((row) => [JSON.stringify({ t: "event", c: "c1", epoch: "e1", ...row })]),
    );
  });

  it("gives each row as pages hold it", () => {
    const { events } = encodeEvents("c1", "e1", ROWS);
    expect(events.map((event) => event.rowText)).toEqual(ROWS.map((row) => JSON.stringify(row)));
  });

  it("joins all frames in order, and counts bytes, not characters", () => {
    const { events, joined } = encodeEvents("c1", "e1", ROWS);
    expect(joined.texts).toEqual(events.map((event) => event.frame.texts[0]));
    expect(joined.bytes).toBe(joined.texts.reduce((sum, text) => sum + bytes(text), 0));
    for (const { frame } of events) expect(frame.bytes).toBe(bytes(frame.texts[0] ?? ""));
  });

  it("shares one encoding of a single event between the event and the whole", () => {
    const { events, joined } = encodeEvents("c1", "e1", ROWS.slice(0, 1));
    expect(joined).toBe(events[0]?.frame);
  });
});

describe("encodeDeleted", () => {
  it("takes body and mentions away, in frame and page, and says that it did", () => {
    const row: EventRow = {
      seq: 3,
      ord: 2,
      type: "message",
      id: "m1",
      from: "alice",
      at: 5,
      body: { text: "secret" },
      mentions: ["bob"],
      re: 1,
    };
    const [event] = encodeEvents("c1", "e1", [row]).events;
    if (event === undefined) throw new Error("no event");
    const deleted = encodeDeleted("c1", "e1", event);
    const left = { seq: 3, ord: 2, type: "message", id: "m1", from: "alice", at: 5, re: 1, deleted: true };
    expect(JSON.parse(deleted.rowText)).toEqual(left);
    expect(JSON.parse(deleted.frame.texts[0] ?? "")).toEqual({ t: "event", c: "c1", epoch: "e1", ...left });
    expect(deleted.row).toEqual(left);
  });
});

describe("encodeAgain", () => {
  it("wraps the frame as it was encoded", () => {
    const [event] = encodeEvents("c1", "e1", ROWS.slice(2, 3)).events;
    if (event === undefined) throw new Error("no event");
    const again = { t: "again", n: 42, frame: JSON.parse(event.frame.texts[0] ?? "") as unknown };
    expect(encodeAgain(42, event.frame)).toEqual({
      texts: [JSON.stringify(again)],
      bytes: bytes(JSON.stringify(again)),
      prepared: null,
    });
  });
});

describe("encodePage", () => {
  it.each([{ rows: ROWS }, { rows: [] }])("is the JSON text of the page around $rows.length rows", ({ rows }) => {
    const page = { c: "c1", epoch: "e1", head: 9, from: 1, to: rows.length, more: true };
    const { c, epoch, head, from, to, more } = page;
    const text = JSON.stringify({ t: "events", c, epoch, head, from, to, events: rows, more });
    const encoded = encodePage(
      page,
      rows.map((row) => JSON.stringify(row)),
    );
    expect(encoded).toEqual({ texts: [text], bytes: bytes(text), prepared: null });
  });
});
