import { readdirSync, readFileSync } from "node:fs";
import { type ClientFrame, LIMITS, utf8Bytes } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { decode, decodeHello } from "./decode.ts";

interface GoldenCase {
  readonly name: string;
  readonly direction?: "client" | "gateway";
  readonly frame?: { readonly t?: string };
  readonly text?: string;
  readonly verdict?: { readonly close?: number; readonly error?: string };
}

const FIXTURES = new URL("../../../protocol/fixtures/", import.meta.url);

/** Every case of a folder of golden frames, with the name of its file. */
function golden(folder: string): readonly (GoldenCase & { readonly title: string; readonly json: string })[] {
  const cases = readdirSync(new URL(folder, FIXTURES)).flatMap((file) => {
    const given = JSON.parse(readFileSync(new URL(`${folder}/${file}`, FIXTURES), "utf8")) as GoldenCase[];
    return given.map((one) => ({ ...one, title: `${file}: ${one.name}`, json: one.text ?? JSON.stringify(one.frame) }));
  });
  if (cases.length === 0) throw new Error(`no golden frames in ${folder}`);
  return cases;
}

const fromClient = golden("accept").filter((one) => one.direction === "client");
const hellos = fromClient.filter((one) => (JSON.parse(one.json) as { t: string }).t === "hello");

describe("decode", () => {
  it.each(fromClient)("takes $title", ({ title, json }) => {
    const decoded = decode(json);
    if (decoded.kind !== "frame") throw new Error(JSON.stringify(decoded));
    expect(JSON.parse(json)).toMatchObject(decoded.frame);
    // A field that nobody knows changes nothing, unless it is the one that passes a bound.
    if (/^(bounds|sizes|hello-size)\.json/.test(title)) return;
    expect(decode(JSON.stringify({ ...(JSON.parse(json) as object), "x-future": 1 }))).toEqual(decoded);
  });

  it.each(golden("reject"))("refuses $title", ({ json, verdict }) => {
    const decoded = decode(json);
    switch (verdict?.close) {
      case undefined:
        expect(decoded).toMatchObject({ kind: "refused", error: { code: verdict?.error } });
        return;
      case 4500:
        expect(decoded).toEqual({ kind: "malformed" });
        return;
      case 1009:
        // The transport's to see, before anything of it is read.
        expect(utf8Bytes(json)).toBeGreaterThan(LIMITS.frameBytesMax);
        return;
      default:
        throw new Error(`no such verdict: ${verdict?.close}`);
    }
  });

  const secret = "s3cr3t";
  it.each([
    { t: "send", id: "m1", c: "c1", type: secret, body: { text: secret } },
    { t: "send", id: "m1", c: "c1", type: "message", body: { text: `${secret}\u0000` } },
    { t: "send", id: "m1", c: "c1", type: "message", body: { [secret]: "x".repeat(LIMITS.bodyBytesMax) } },
    { t: "send", id: "m1", c: "c1", type: "message", body: secret },
    { t: "send", id: "m1", c: "c1", type: "message", body: {}, from: secret },
    { t: `${secret} ${secret}`, id: "m1" },
    { t: "auth", token: [secret] },
  ])("S54: says nothing of content in a refusal (%#)", (frame) => {
    const decoded = decode(JSON.stringify(frame));
    expect(decoded.kind).toBe("refused");
    expect(JSON.stringify(decoded)).not.toContain(secret);
  });

  it("names what it refuses: by a valid id, else by its t, and its conversation", () => {
    const refused = (frame: object) => {
      const decoded = decode(JSON.stringify(frame));
      return decoded.kind === "refused" ? decoded.error : decoded;
    };
    expect(refused({ t: "fetch", id: "r1", c: "c1", after: -1 })).toMatchObject({ id: "r1", c: "c1" });
    expect(refused({ t: "fetch", id: "r1", c: "c1", after: -1 })).not.toHaveProperty("re");
    expect(refused({ t: "fetch", id: "r 1", c: "c1" })).toMatchObject({ re: "fetch", c: "c1" });
    expect(refused({ t: "read", c: "c 1", seq: 1 })).toMatchObject({ re: "read" });
    expect(refused({ t: "read", c: "c 1", seq: 1 })).not.toHaveProperty("c");
    expect(refused({ t: "a future", id: null })).not.toHaveProperty("re");
    expect(refused({})).toEqual({ t: "error", code: "invalid", message: expect.any(String) });
  });

  it("S33: gives no body a prototype of the client's making", () => {
    const decoded = decode(
      '{"t":"send","id":"m1","c":"c1","type":"message","body":{"constructor":{"prototype":{"admin":true}}}}',
    );
    expect(decoded).toMatchObject({ kind: "frame" });
    expect(({} as { admin?: boolean }).admin).toBe(undefined);
    expect(
      decode('{"t":"send","id":"m1","c":"c1","type":"message","body":{"a":[{"\\u005f_proto__":{}}]}}'),
    ).toMatchObject({
      kind: "refused",
      error: { code: "invalid" },
    });
  });

  it("S37: looks at depth before it parses", () => {
    const deep = `{"t":"send","body":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
    expect(decode(deep)).toEqual({ kind: "malformed" });
    expect(decode(`{"t":"send","body":${'{"a":'.repeat(30_000)}`)).toEqual({ kind: "malformed" });
  });

  it("never throws, whatever the text", () => {
    for (const text of [
      "",
      "null",
      "1",
      '"x"',
      "[]",
      "{",
      "\u0000",
      '{"t":',
      '{"t":{}}',
      '{"t":"constructor"}',
      '{"t":"__proto__"}',
      '{"t":null}',
    ]) {
      expect(["malformed", "refused"]).toContain(decode(text).kind);
    }
  });
});

describe("decodeHello", () => {
  it.each(hellos)("takes $title", ({ json }) => {
    const decoded = decodeHello(json);
    if (decoded.kind !== "hello") throw new Error(JSON.stringify(decoded));
    expect(JSON.parse(json)).toMatchObject(decoded.hello);
  });

  it.each(golden("reject-first"))("refuses $title", ({ json, verdict }) => {
    const close = { malformed: 4500, version: 4506, "too large": 1009, hello: 0 }[decodeHello(json).kind];
    expect(close).toBe(verdict?.close);
  });

  it.each(fromClient.filter((one) => !hellos.includes(one)))("refuses as a first frame $title", ({ json }) => {
    const { kind } = decodeHello(json);
    expect(kind).toBe(utf8Bytes(json) > LIMITS.helloBytesMax ? "too large" : "malformed");
  });
});

it("decodes every type of frame that a client may send", () => {
  const types: Record<ClientFrame["t"], true> = {
    hello: true,
    have: true,
    auth: true,
    ack: true,
    ping: true,
    send: true,
    skip: true,
    inbox: true,
    fetch: true,
    subscribe: true,
    unsubscribe: true,
    read: true,
    unread: true,
    typing: true,
    active: true,
    bye: true,
  };
  expect([...new Set(fromClient.map(({ json }) => (JSON.parse(json) as { t: string }).t))].sort()).toEqual(
    Object.keys(types).sort(),
  );
});
