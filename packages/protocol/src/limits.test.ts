import { expect, it } from "vitest";
import { LIMITS } from "./limits.ts";

it("LIMITS are the protocol's, and what lies within another is smaller", () => {
  expect(LIMITS).toMatchObject({
    helloBytesMax: 16 * 1024,
    frameBytesMax: 64 * 1024,
    bodyBytesMax: 32 * 1024,
    depthMax: 16,
    keysMax: 256,
    idCharactersMax: 128,
    inflightMax: 64,
    haveMax: 1_000,
    pageRowsMax: 200,
    pageBytesMax: 256 * 1024,
    subscriptionsMax: 200,
    membersPerEventMax: 1_000,
    windowFramesMax: 256,
    ackEveryFrames: 32,
    ackWithinMs: 1_000,
    httpBodyBytesMax: 2 * 1024 * 1024,
    closeReasonBytesMax: 123,
  });
  expect(LIMITS.bodyBytesMax).toBeLessThan(LIMITS.frameBytesMax);
  expect(LIMITS.tokenCharactersMax).toBeLessThan(LIMITS.helloBytesMax);
  expect(LIMITS.ackEveryFrames).toBeLessThan(LIMITS.windowFramesMax);
});

it("LIMITS name their unit last", () => {
  for (const name of Object.keys(LIMITS)) {
    expect(name).toMatch(/(Max|Frames|Ms)$/);
  }
});
