import { describe, expect, it } from "vitest";
import { readPollAnswer } from "./poll-answer.ts";

const read = (status: number, body: string | object, retryAfter: string | null = null) =>
  readPollAnswer(status, retryAfter, typeof body === "string" ? body : JSON.stringify(body), 7);

describe("readPollAnswer", () => {
  it("gives the frames of the answer to this poll", () => {
    expect(read(200, { k: 7, frames: [{ t: "pong" }] })).toEqual({ frames: [{ t: "pong" }] });
    expect(read(200, { k: 7, frames: [] })).toEqual({ frames: [] });
  });

  it("takes for unanswered what is no answer to this poll", () => {
    const others = [
      { k: 6, frames: [] },
      { frames: [] },
      { k: 7 },
      { k: 7, frames: [1] },
      { k: 7, frames: {} },
      [],
      null,
    ];
    for (const other of [...others.map((each) => JSON.stringify(each)), "<html></html>", ""]) {
      expect(read(200, other)).toEqual({ afterMs: 0 });
    }
  });

  it("asks again after what passes, and not before it is told to", () => {
    for (const status of [408, 425, 429, 500, 502, 503, 504]) expect(read(status, "")).toEqual({ afterMs: 0 });
    expect(read(503, "", "3")).toEqual({ afterMs: 3_000 });
    expect(read(503, "", "Wed, 21 Oct 2026 07:28:00 GMT")).toEqual({ afterMs: 0 });
    expect(read(429, { code: "rate_limited", retry: 1_200 }, "2")).toEqual({ afterMs: 1_200 });
  });

  it("ends with the close code that says the same; what no gateway has said proves nothing", () => {
    expect(read(410, "")).toEqual({ over: 1006 });
    expect(read(413, "")).toEqual({ over: 1009 });
    const codes = { invalid: 1002, unauthenticated: 4501, forbidden: 4503, not_found: 1006, toString: 1006 };
    for (const [code, over] of Object.entries(codes)) expect(read(400, { code })).toEqual({ over });
    for (const status of [302, 400, 401, 403, 404]) expect(read(status, "<html></html>")).toEqual({ over: 1006 });
  });
});
