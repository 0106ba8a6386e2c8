import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { call } from "./call.ts";

function make(...answers: readonly (Response | "hang" | "unreachable")[]) {
  const clock = new ManualClock();
  const requests: { url: string; method: string; authorization: string | null; body: string }[] = [];
  const underWay = new Set<(error: ChatError) => void>();
  const left = [...answers];
  const fetched: typeof fetch = async (url, init) => {
    const headers = new Headers(init?.headers);
    requests.push({
      ...{ url: String(url), method: init?.method ?? "GET", body: String(init?.body) },
      authorization: headers.get("authorization"),
    });
    const answer = left.shift();
    if (answer === "unreachable" || answer === undefined) throw new TypeError("fetch failed");
    if (answer !== "hang") return answer;
    return new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(new Error("aborted"))));
  };
  const tokens = { given: "old" as string | null };
  const host = {
    clock,
    underWay,
    fetch: fetched,
    token: async (fresh: boolean) => {
      if (fresh) tokens.given = "new";
      return tokens.given;
    },
  };
  return {
    clock,
    host,
    requests,
    tokens,
    underWay,
    run: () => call(host, "POST", "http://x/chat", "/conversations", { a: 1 }),
  };
}
const problem = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), { status, headers });

describe("call", () => {
  it("sends JSON with the token, and answers with JSON", async () => {
    const { run, requests, clock, underWay } = make(Response.json({ ok: 1 }, { status: 201 }));
    expect(await run()).toEqual({ ok: 1 });
    expect(requests).toEqual([
      { url: "http://x/chat/conversations", method: "POST", authorization: "Bearer old", body: '{"a":1}' },
    ]);
    expect([clock.pending, underWay.size]).toEqual([0, 0]);
  });

  it("sends no token where cookies authenticate", async () => {
    const { run, requests, tokens } = make(new Response(null, { status: 204 }));
    tokens.given = null;
    expect(await run()).toBe(null);
    expect(requests[0]?.authorization).toBe(null);
  });

  it("tries once more with a new token, and no more", async () => {
    const good = make(problem(401, {}), Response.json(1));
    expect(await good.run()).toBe(1);
    expect(good.requests.map(({ authorization }) => authorization)).toEqual(["Bearer old", "Bearer new"]);
    const bad = make(problem(401, {}), problem(401, { code: "unauthenticated" }), Response.json(1));
    await expect(bad.run()).rejects.toMatchObject({ code: "unauthenticated" });
    expect(bad.requests.length).toBe(2);
  });

  it.each([
    [problem(429, { code: "rate_limited", detail: "slow down", retry: 1_200 }), "rate_limited", 1_200, "slow down"],
    [
      problem(503, { code: "unavailable", title: "Draining" }, { "retry-after": "3" }),
      "unavailable",
      3_000,
      "Draining",
    ],
    [problem(403, { code: "forbidden", reason: "banned" }), "forbidden", undefined, "HTTP 403"],
    [problem(404, "<html>"), "invalid", undefined, "HTTP 404"],
    [problem(413, "null"), "invalid", undefined, "HTTP 413"],
    [problem(502, ""), "unavailable", undefined, "HTTP 502"],
    [problem(418, "[]", { "retry-after": "soon" }), "invalid", undefined, "HTTP 418"],
  ])("makes an error of a problem (%#)", async (response, code, retryAfterMs, message) => {
    await expect(make(response).run()).rejects.toMatchObject({ name: "ChatError", code, retryAfterMs, message });
  });

  it("knows a server that cannot be reached from one that does not answer", async () => {
    await expect(make("unreachable").run()).rejects.toMatchObject({ code: "offline", cause: { name: "TypeError" } });
    const { run, clock, underWay } = make("hang");
    const hanging = expect(run()).rejects.toMatchObject({ code: "timeout" });
    await clock.advance(15_000);
    await hanging;
    expect([clock.pending, underWay.size]).toEqual([0, 0]);
  });

  it("ends when it is told to", async () => {
    const { run, clock, underWay } = make("hang");
    const hanging = expect(run()).rejects.toMatchObject({ code: "closed" });
    await clock.settle();
    for (const end of underWay) end(new ChatError("closed", "closed"));
    await hanging;
    expect([clock.pending, underWay.size]).toEqual([0, 0]);
  });
});
