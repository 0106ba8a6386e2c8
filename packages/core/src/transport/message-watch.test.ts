import { describe, expect, it } from "vitest";
import { MessageWatch } from "./message-watch.ts";

const FIN = 0x80;

/** A masked frame, as clients write them. */
function frame(opcode: number, length: number, final = true): Buffer {
  const first = (final ? FIN : 0) | opcode;
  const mask = [1, 2, 3, 4];
  if (length < 126) return Buffer.concat([Buffer.from([first, 0x80 | length, ...mask]), Buffer.alloc(length, 0xff)]);
  const extended = Buffer.alloc(length < 65_536 ? 2 : 8);
  if (length < 65_536) extended.writeUInt16BE(length);
  else extended.writeBigUInt64BE(BigInt(length));
  const second = 0x80 | (length < 65_536 ? 126 : 127);
  return Buffer.concat([Buffer.from([first, second]), extended, Buffer.from(mask), Buffer.alloc(length, 0xff)]);
}

describe("MessageWatch", () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 70_000])(
    "S22: knows when a frame of %i bytes is whole, in whatever pieces it comes",
    (length) => {
      const bytes = frame(0x1, length);
      for (const step of [1, 3, 7, 1_000, bytes.length]) {
        const watch = new MessageWatch();
        const begun: (number | null)[] = [];
        let now = 0;
        for (let at = 0; at < bytes.length; at += step) {
          watch.take(bytes.subarray(at, at + step), ++now);
          begun.push(watch.since);
        }
        expect(begun.pop()).toBe(null);
        expect(begun.every((since) => since === 1)).toBe(true);
      }
    },
  );

  it("S22: counts from the first piece of a message, whatever control frames come between", () => {
    const watch = new MessageWatch();
    watch.take(frame(0x1, 5, false), 10);
    watch.take(frame(0x9, 3), 20);
    watch.take(frame(0x0, 5, false), 30);
    expect(watch.since).toBe(10);
    watch.take(Buffer.concat([frame(0x0, 5), frame(0x1, 200)]), 40);
    expect(watch.since).toBe(null);
  });

  it("S22: a control frame of its own is nothing begun, half of one is", () => {
    const watch = new MessageWatch();
    watch.take(frame(0x9, 4), 10);
    expect(watch.since).toBe(null);
    watch.take(frame(0xa, 4).subarray(0, 3), 20);
    expect(watch.since).toBe(20);
  });

  it("S22: what begins behind a whole message in the same piece counts from then", () => {
    const watch = new MessageWatch();
    watch.take(Buffer.concat([frame(0x1, 10), frame(0x1, 10).subarray(0, 1)]), 50);
    expect(watch.since).toBe(50);
    watch.forgive(70);
    expect(watch.since).toBe(70);
  });

  it("forgives nothing where nothing is owed", () => {
    const watch = new MessageWatch();
    watch.forgive(5);
    expect(watch.since).toBe(null);
  });
});
