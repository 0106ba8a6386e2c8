import { describe, expect, it } from "vitest";
import { isInboxRow, readFrame } from "./frame-guard.ts";

declare global {
  interface ImportMeta {
    /** Vite's: the modules of a pattern by their path. */
    glob<T>(pattern: string, options: { readonly eager: true; readonly import: "default" }): Record<string, T>;
  }
}

interface Golden {
  readonly name: string;
  readonly direction: "client" | "gateway";
  readonly frame?: { readonly t: string };
  readonly text?: string;
}

const files = import.meta.glob<Golden[]>("../../../protocol/fixtures/accept/*.json", {
  eager: true,
  import: "default",
});
const golden = Object.entries(files).flatMap(([file, cases]) =>
  cases
    .filter(({ direction }) => direction === "gateway")
    .map(({ name, frame, text = JSON.stringify(frame) }) => ({ title: `${file.split("/").at(-1)}: ${name}`, text })),
);
/** Kinds that this client has no use for yet. */
const unread = ["close", "from"];

/** What the client cannot do without. */
const required = {
  welcome: "user resume heartbeat spread now limits",
  event: "c epoch seq ord type from at",
  again: "n frame",
  pong: "n now resume",
  lagging: "c",
  sent: "id c epoch seq ord at",
  error: "code message",
  inbox: "id conversations cursor more",
  events: "c epoch head from to events more",
  subscribed: "c epoch head members watermarks",
  unsubscribed: "id",
  heads: "heads",
  receipt: "c user delivered read",
  presence: "users",
  typing: "c",
  drain: "within delay",
};

describe("readFrame", () => {
  it.each(golden)("takes $title", ({ text }) => {
    const frame = JSON.parse(text);
    expect(readFrame(text)).toEqual(unread.includes(frame.t) ? "unknown" : frame);
  });

  it("takes a field more", () => {
    for (const { text } of golden)
      expect(readFrame(JSON.stringify({ ...JSON.parse(text), confetti: [1] }))).not.toBe(null);
  });

  it.each(Object.entries(required))("takes no %s without what it reads, nor with something else there", (t, fields) => {
    const frames = golden.map(({ text }) => JSON.parse(text)).filter((frame) => frame.t === t);
    const [frame] = frames.filter((each) => fields.split(" ").every((field) => field in each));
    for (const field of fields.split(" ")) {
      const { [field]: _, ...without } = frame;
      expect(readFrame(JSON.stringify(without)), `without ${field}`).toBe(null);
      expect(readFrame(JSON.stringify({ ...frame, [field]: { not: "this" } })), `wrong ${field}`).toBe(null);
    }
  });

  it.each([
    "",
    "null",
    "[]",
    "42",
    "{}",
    '{"t":7}',
    '{"t":"pong","n":-1,"now":1,"resume":""}',
    '{"t":"pong","n":1.5,"now":1,"resume":""}',
    '{"t":"pong","n":9007199254740992,"now":1,"resume":""}',
    '{"t":"event","c":"c1","epoch":"e1","seq":1,"ord":1,"type":"message","from":"u","at":1,"body":null}',
    '{"t":"events","c":"c1","epoch":"e1","head":1,"from":1,"to":1,"events":[{"seq":1}],"more":false}',
    '{"t":"events","c":"c1","gone":false}',
    '{"t":"inbox","id":"r","conversations":[{"c":"c1"}],"cursor":"","more":false}',
    '{"t":"again","n":1,"frame":{"t":"pong"}}',
  ])("takes no %s", (text) => {
    expect(readFrame(text)).toBe(null);
  });

  it("knows what it does not know, whatever it is called", () => {
    for (const t of ["confetti", "constructor", "toString", "__proto__", "hello"]) {
      expect(readFrame(`{"t":"${t}"}`)).toBe("unknown");
    }
  });
});

describe("isInboxRow", () => {
  it("takes a row, and nothing else", () => {
    const row = {
      ...{ c: "c1", kind: "group", mode: "push", epoch: "e1", head: 0, ord: 0, delivered: 0, read: 0, unread: 0 },
      ...{ mentions: 0, role: "owner", title: null, meta: null, mute: false, last: null },
    };
    expect(isInboxRow(row)).toBe(true);
    expect(isInboxRow({ ...row, last: {} })).toBe(false);
    expect(isInboxRow({ ...row, head: "1" })).toBe(false);
    expect([isInboxRow(null), isInboxRow([]), isInboxRow(undefined)]).toEqual([false, false, false]);
  });
});
