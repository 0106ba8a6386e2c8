import { describe, expect, it } from "vitest";
import { message } from "../support/wire-client.ts";
import { call, type HttpAnswer } from "../support/wire-http.ts";
import { range } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

function expectProblem(answer: HttpAnswer, status: number, code: string, what: string): void {
  expect([answer.status, answer.body.code], `${what}: ${answer.text.slice(0, 200)}`).toEqual([status, code]);
  expect(answer.type, what).toBe("application/problem+json");
  if ("status" in answer.body) expect(answer.body.status, what).toBe(status);
  expect(answer.text, `${what}: no stack`).not.toMatch(/\bat [^"]*\.(ts|js):\d+|node_modules|SQLITE/);
}

describe("problem details", () => {
  it("S8: 401 without a token, or with nobody's", async () => {
    const c = await scene.create(scene.fresh("owner"), []);
    const calls = [
      ["POST", "/conversations"],
      ["GET", `/conversations/${c}/messages`],
      ["GET", `/conversations/${c}/members`],
      ["POST", `/conversations/${c}/messages`],
    ] as const;
    for (const [method, path] of calls) {
      const json = method === "POST" ? { kind: "group", id: "m1", body: {} } : undefined;
      const without = await call(scene.url, method, path, { json });
      expectProblem(without, 401, "unauthenticated", `${method} ${path}`);
      for (const authorization of ["Bearer Not A User!", "Bearer ", "Bearer", "Basic YWxpY2U6YWxpY2U=", "alice"]) {
        const answer = await call(scene.url, method, path, { json, headers: { authorization } });
        expectProblem(answer, 401, "unauthenticated", authorization);
      }
    }
  });

  it("S5: 401 with a token in the URL", async () => {
    const user = scene.fresh("u");
    const answer = await call(scene.url, "POST", `/conversations?token=${user}&access_token=${user}`, {
      json: { kind: "group" },
    });
    expectProblem(answer, 401, "unauthenticated", "a token in the query");
  });

  it("404 for what there is not", async () => {
    const user = scene.fresh("u");
    const paths = [
      "/nothing",
      "/conversations/none/messages",
      "/conversations/none/members",
      "/conversations/none/nothing",
    ];
    for (const path of [
      ...paths,
      "/constructor",
      "/conversations/__proto__/messages",
      "/conversations/constructor/members",
    ]) {
      expectProblem(await call(scene.url, "GET", path, { user }), 404, "not_found", path);
    }
  });

  it("S28: 4xx for paths that are bent, and the server serves on", async () => {
    const user = scene.fresh("u");
    const bent = [
      "%00",
      "%E0%A4%A",
      "%",
      "..%2f..%2fetc",
      "a%2Fb",
      "%F0%9F%98%80",
      "x".repeat(4_000),
      "%20",
      "a%0d%0ab",
    ];
    for (const part of bent) {
      const answer = await call(scene.url, "GET", `/conversations/${part}/messages`, { user });
      expect(answer.status, part.slice(0, 20)).toBeGreaterThanOrEqual(400);
      expect(answer.status, part.slice(0, 20)).toBeLessThan(500);
      expect(answer.text, "no stack").not.toMatch(/node_modules|\.ts:\d+/);
    }
    expect((await call(scene.url, "GET", "/readyz")).status).toBe(200);
  });

  it("S37, S39: 400 for a body that is malformed, too deep, or has too many keys", async () => {
    const user = scene.fresh("u");
    const keys = (count: number): string =>
      range(1, count)
        .map((key) => `"k${key}":0`)
        .join(",");
    const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
    const wrong: readonly (readonly [string, string])[] = [
      ["half of JSON", `{"kind":"group"`],
      ["nothing", ""],
      ["an array", `[{"kind":"group"}]`],
      ["a string", `"group"`],
      ["null", "null"],
      ["17 levels", `{"kind":"group","meta":{"a":${deep(15)}}}`],
      ["2,000 levels", `{"kind":"group","meta":{"a":${deep(2_000)}}}`],
      ["257 keys", `{"kind":"group","meta":{${keys(255)}}}`],
      ["U+0000", `{"kind":"group","title":"a\\u0000b"}`],
      ["a lone surrogate", `{"kind":"group","title":"\\ud800"}`],
      ["__proto__", `{"kind":"group","meta":{"__proto__":{"admin":true}}}`],
      ["__proto__ at the top", `{"kind":"group","__proto__":{"admin":true}}`],
    ];
    for (const [what, raw] of wrong) {
      expectProblem(await call(scene.url, "POST", "/conversations", { user, raw }), 400, "invalid", what);
    }
    const fine = [`{"kind":"group","meta":{"a":${deep(14)}}}`, `{"kind":"group","meta":{${keys(254)}}}`];
    for (const raw of fine) expect((await call(scene.url, "POST", "/conversations", { user, raw })).status).toBe(201);
  });

  it("S19: 413 for a body over 2 MiB", async () => {
    const user = scene.fresh("u");
    const raw = JSON.stringify({ kind: "group", title: "x".repeat(2 * 1_024 * 1_024) });
    const answer = await call(scene.url, "POST", "/conversations", { user, raw });
    expectProblem(answer, 413, "too_large", "2 MiB and some");
    expect((await call(scene.url, "GET", "/readyz")).status).toBe(200);
  });

  it("409 conflict, 403 forbidden: with a code, and without a word of the content", async () => {
    const [alice, bob, id] = scene.people("alice", "bob", "conversation");
    const c = await scene.create(alice, [[bob, "reader"]], { id });
    const canary = "canary-77e0";
    const json = { id: "m1", body: { text: canary } };
    const forbidden = await call(scene.url, "POST", `/conversations/${c}/messages`, { user: bob, json });
    expectProblem(forbidden, 403, "forbidden", "a reader's message");
    const conflict = await call(scene.url, "POST", "/conversations", {
      user: bob,
      json: { kind: "group", id, title: canary },
    });
    expectProblem(conflict, 409, "conflict", "another's id");
    const invalid = await call(scene.url, "POST", "/conversations", {
      user: bob,
      json: { kind: canary, title: canary },
    });
    expectProblem(invalid, 400, "invalid", "no kind");
    for (const answer of [forbidden, conflict, invalid]) {
      expect(answer.text).not.toContain(canary);
      expect(answer.headers.has("retry-after"), "for good").toBe(false);
    }
  });

  it("I23: 429 with Retry-After above the user's rate", { timeout: 30_000 }, async () => {
    const [alice, bob] = scene.people("alice", "bob");
    const c = await scene.create(alice, [bob]);
    const clients = await Promise.all(range(1, 3).map(async () => await scene.join(alice)));
    for (const _ of range(1, 290)) for (const client of clients) client.write(message(c, "a burst"));
    await Promise.all(
      clients.map(async (client) => await client.collect((frame) => frame.t === "sent" || frame.t === "error", 290)),
    );
    const answers = await Promise.all(
      range(1, 200).map(
        async (index) =>
          await call(scene.url, "POST", `/conversations/${c}/messages`, {
            user: alice,
            json: { id: `h-${index}`, body: {} },
          }),
      ),
    );
    const refused = answers.find((answer) => answer.status === 429);
    if (refused === undefined)
      throw new Error(`no 429; came: ${[...new Set(answers.map((answer) => answer.status))].join(" ")}`);
    expectProblem(refused, 429, "rate_limited", "the burst");
    expect(refused.headers.get("retry-after"), "whole seconds, at least one").toMatch(/^[1-9]\d*$/);
  });

  it("S4: no CORS headers for a foreign Origin", async () => {
    const answer = await call(scene.url, "GET", "/readyz", { headers: { origin: "https://evil.example" } });
    expect(answer.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("health", () => {
  it("answers 200 to everybody", async () => {
    expect((await call(scene.url, "GET", "/healthz")).status).toBe(200);
    expect((await call(scene.url, "GET", "/readyz")).status).toBe(200);
  });
});
