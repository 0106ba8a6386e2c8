import type { Writable } from "node:stream";
import { describe, expect, it } from "vitest";
import * as ws from "ws";
import { wsFrames } from "./ws-frame.ts";

/** What reads frames in `ws`; its types leave it out. */
const { Receiver } = ws as unknown as { readonly Receiver: new (options: { readonly isServer: boolean }) => Writable };

/** The texts that a WebSocket client reads out of the bytes. */
function parse(bytes: Uint8Array): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const texts: string[] = [];
    const receiver = new Receiver({ isServer: false });
    receiver.on("message", (content: Buffer, isBinary: boolean) => {
      if (isBinary) reject(new Error("binary"));
      texts.push(content.toString());
    });
    receiver.on("error", reject);
    receiver.on("finish", () => resolve(texts));
    receiver.end(Buffer.from(bytes));
  });
}

const framesOf = (...texts: readonly string[]) => ({ texts, bytes: Buffer.byteLength(texts.join("")), prepared: null });

describe("wsFrames", () => {
  // RFC 6455, 5.2: lengths up to 125, up to 65,535 and above are written differently.
  it.each([0, 1, 125, 126, 127, 65_535, 65_536, 200_000])("frames a text of %i bytes", async (length) => {
    const text = "x".repeat(length);
    const bytes = wsFrames(framesOf(text));
    expect(bytes).toHaveLength(length + (length < 126 ? 2 : length < 65_536 ? 4 : 10));
    expect(await parse(bytes)).toEqual([text]);
  });

  it("counts bytes, not characters", async () => {
    const texts = ["é".repeat(63), "👍".repeat(16_384), "日本語"];
    expect(await parse(wsFrames(framesOf(...texts)))).toEqual(texts);
  });

  it("puts any number of frames into one piece, in order", async () => {
    const texts = Array.from({ length: 300 }, (_, index) => `${index}:${"x".repeat(index)}`);
    expect(await parse(wsFrames(framesOf(...texts)))).toEqual(texts);
    expect(wsFrames(framesOf())).toHaveLength(0);
  });
});
