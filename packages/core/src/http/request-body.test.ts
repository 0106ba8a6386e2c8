import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { readBody, readQuery } from "./request-body.ts";

const schema = z.object({ text: z.string(), extra: z.unknown().optional() });

const post = (body: string | Uint8Array<ArrayBuffer> | null) => new Request("http://x/", { method: "POST", body });
/** The code that a body is refused with, or what it was read as. */
const read = (body: string | Uint8Array<ArrayBuffer> | null) =>
  readBody(post(body), schema).catch((error: { code: string; message: string }) => error.code);

describe("readBody", () => {
  it("gives a JSON body in the shape of its schema", async () => {
    expect(await read('{"text":"hi","unknown":1}')).toEqual({ text: "hi" });
    expect(await read(new TextEncoder().encode('{"text":"é👍"}'))).toEqual({ text: "é👍" });
  });

  it("reads a body in pieces, also where one cuts a character", async () => {
    const bytes = new TextEncoder().encode('{"text":"é👍日"}');
    const stream = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const request = new Request("http://x/", { method: "POST", body: stream, duplex: "half" } as RequestInit);
    expect(await readBody(request, schema)).toEqual({ text: "é👍日" });
  });

  const deep = (depth: number) => `{"text":"x","extra":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
  const keys = (count: number) =>
    JSON.stringify({
      text: "x",
      extra: Object.fromEntries(Array.from({ length: count - 2 }, (_, index) => [`k${index}`, 0])),
    });

  it.each([
    ["nothing", null],
    ["an empty text", ""],
    ["no JSON", "{"],
    ["an array", "[]"],
    ["null", "null"],
    ["a text", '"x"'],
    ["a field of another type", '{"text":1}'],
    ["a missing field", "{}"],
    ["too deep", deep(LIMITS.depthMax + 1)],
    ["2,000 deep", deep(2_000)],
    ["too many keys", keys(LIMITS.keysMax + 1)],
    ["U+0000", '{"text":"\\u0000"}'],
    ["a lone surrogate", '{"text":"\\ud800"}'],
    ["__proto__", '{"text":"x","__proto__":{"admin":true}}'],
    ["a forged from", '{"text":"x","from":"alice"}'],
    ["a forged seq", '{"text":"x","seq":1}'],
    ["a forged at", '{"text":"x","at":1}'],
  ])("S16, S33, S37, S39: refuses as invalid: %s", async (_, body) => {
    expect(await read(body)).toBe("invalid");
  });

  it("takes no body for an empty object", async () => {
    expect(await readBody(post(null), z.object({}))).toEqual({});
  });

  it("S16: lets a call name a field of its own that only the gateway sets in an event, and no other", async () => {
    const mark = z.object({ seq: z.int() });
    expect(await readBody(post('{"seq":5}'), mark, "seq")).toEqual({ seq: 5 });
    await expect(readBody(post('{"seq":5,"at":1}'), mark, "seq")).rejects.toMatchObject({ code: "invalid" });
  });

  it("takes what lies at a bound", async () => {
    expect(await read(deep(LIMITS.depthMax))).toMatchObject({ text: "x" });
    expect(await read(keys(LIMITS.keysMax))).toMatchObject({ text: "x" });
  });

  it("S40: reads no further than 2 MiB", async () => {
    const fits = JSON.stringify({ text: "x".repeat(LIMITS.httpBodyBytesMax - 11) });
    expect(fits).toHaveLength(LIMITS.httpBodyBytesMax);
    expect(await read(fits)).toMatchObject({ text: expect.any(String) });
    expect(await read(`${fits} `)).toBe("too_large");

    let pulled = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const request = new Request("http://x/", { method: "POST", body: endless, duplex: "half" } as RequestInit);
    await expect(readBody(request, schema)).rejects.toMatchObject({ code: "too_large" });
    expect(pulled).toBeLessThan(40);
  });

  it("S54: says nothing of content", async () => {
    const refused = await readBody(post('{"text":{"secret":1}}'), schema).catch((error: Error) => error.message);
    expect(refused).not.toContain("secret");
    expect(refused).toContain("text");
  });
});

describe("readQuery", () => {
  it("gives parameters in the shape of their schema, or refuses", () => {
    const query = z.object({ limit: z.string().regex(/^\d+$/).transform(Number).optional() });
    expect(readQuery(new URL("http://x/?limit=5&other=1"), query)).toEqual({ limit: 5 });
    expect(readQuery(new URL("http://x/"), query)).toEqual({});
    expect(() => readQuery(new URL("http://x/?limit=-5"), query)).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
