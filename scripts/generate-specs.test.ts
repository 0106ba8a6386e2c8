import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Parser } from "@asyncapi/parser";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import type * as z from "zod";
import { ROUTES } from "../packages/core/src/http/routes.ts";
import { TestEngine } from "../packages/core/src/testing/test-engine.ts";
import { specs } from "./generate-specs.ts";
import { gatewayFrames, isSpecified } from "./specs/gateway-frames.ts";
import { answers } from "./specs/openapi.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, unknown>> }>>>
  >;
}

const openApi = JSON.parse(specs()["docs/openapi.json"] ?? "") as OpenApi;

describe("the specifications in docs/", () => {
  it("say what the sources say; else run scripts/generate-specs.ts", () => {
    for (const [path, text] of Object.entries(specs()))
      expect([path, readFileSync(ROOT + path, "utf8") === text]).toEqual([path, true]);
  });

  it("AsyncAPI 3: the document is valid", { timeout: 30_000 }, async () => {
    const { document, diagnostics } = await new Parser().parse(specs()["docs/asyncapi.json"] ?? "");
    expect(diagnostics.filter(({ severity }) => severity === 0)).toEqual([]);
    expect(document?.version()).toBe("3.0.0");
    expect(document?.operations().filterByReceive()[0]?.messages().length).toBe(16);
  });

  it("OpenAPI 3.1: the document is valid", async () => {
    expect(await new Validator().validate(openApi as never)).toEqual({ valid: true });
  });

  it("OpenAPI 3.1: has every route, and each refusal's code", () => {
    for (const [method, path] of ROUTES) {
      const operation = openApi.paths[`/${path.replaceAll(/:(\w+)/g, "{$1}")}`]?.[method.toLowerCase()];
      expect([method, path, Object.keys(operation?.responses ?? {})]).toEqual([
        method,
        path,
        expect.arrayContaining(["401", "429"]),
      ]);
    }
  });
});

/** Whether what a call answered is what the document says of it. */
function isDescribed(method: string, path: string, status: number, body: unknown): boolean {
  const found = openApi.paths[path]?.[method.toLowerCase()]?.responses[status] as
    | { readonly content?: Readonly<Record<string, { readonly schema: { readonly $ref: string } }>> }
    | undefined;
  if (found === undefined) return false;
  const [content] = Object.values(found.content ?? {});
  if (content === undefined) return body === null;
  const name = content.schema.$ref.split("/").at(-1) as keyof typeof answers;
  return (answers[name] as z.ZodType).safeParse(body).success;
}

describe("a living engine", () => {
  it("answers and says nothing that the specifications do not describe", async () => {
    const engine = await TestEngine.start();
    const frames = await lively(engine);
    expect(frames.filter((frame) => !isSpecified(frame))).toEqual([]);
    // What takes another transport, another gateway, or a minute: heads, tally, again, lagging, drain, close, from.
    const seen = new Set(frames.map(({ t }) => t));
    expect([...seen].sort()).toEqual(
      [
        "authed",
        "error",
        "event",
        "events",
        "inbox",
        "pong",
        "presence",
        "receipt",
        "sent",
        "subscribed",
        "typing",
        "unsubscribed",
        "welcome",
      ].sort(),
    );
    for (const t of seen) expect(Object.keys(gatewayFrames)).toContain(t);

    const calls: readonly (readonly [method: string, path: string, at: string, body?: unknown])[] = [
      [
        "POST",
        "/conversations",
        "/conversations",
        { kind: "channel", open: true, id: "c2", members: ["bob", ["carol", "admin"]] },
      ],
      ["POST", "/conversations", "/conversations", { kind: "channel", open: true, id: "c2" }],
      ["POST", "/conversations", "/conversations", { kind: "nothing" }],
      ["GET", "/conversations", "/conversations?limit=1"],
      ["GET", "/conversations", "/conversations?limit=x"],
      ["GET", "/conversations/{c}", "/conversations/c1"],
      ["GET", "/conversations/{c}", "/conversations/none"],
      ["PATCH", "/conversations/{c}", "/conversations/c1", { title: "New", slow: 1_000, open: true, meta: { a: 1 } }],
      ["PATCH", "/conversations/{c}", "/conversations/c1", { slow: "x" }],
      ["GET", "/conversations/{c}/members", "/conversations/c1/members"],
      ["POST", "/conversations/{c}/members", "/conversations/c1/members", { members: [["dave", "reader"]] }],
      ["PUT", "/conversations/{c}/members/{user}", "/conversations/c1/members/dave", { role: "member" }],
      ["DELETE", "/conversations/{c}/members/{user}", "/conversations/c1/members/dave"],
      ["PUT", "/conversations/{c}/bans/{user}", "/conversations/c1/bans/mallory"],
      ["DELETE", "/conversations/{c}/bans/{user}", "/conversations/c1/bans/mallory"],
      ["PUT", "/blocks/{user}", "/blocks/mallory"],
      ["DELETE", "/blocks/{user}", "/blocks/mallory"],
      ["GET", "/presence", "/presence?c=c1&user=bob"],
      ["GET", "/conversations/{c}/messages", "/conversations/c1/messages?after=0"],
      ["GET", "/conversations/{c}/messages", "/conversations/c1/messages?after=0&before=1"],
      ["POST", "/conversations/{c}/messages", "/conversations/c1/messages", { id: "h1", body: { text: "hi" } }],
      ["POST", "/conversations/{c}/messages", "/conversations/c1/messages", { id: "h1", body: { text: "hi" } }],
      ["POST", "/conversations/{c}/messages", "/conversations/c1/messages", { id: "h1", body: { text: "other" } }],
      ["PUT", "/conversations/{c}/pins/{seq}", "/conversations/c1/pins/2"],
      ["DELETE", "/conversations/{c}/pins/{seq}", "/conversations/c1/pins/2"],
      ["PUT", "/conversations/{c}/read", "/conversations/c1/read", { seq: 2 }],
      ["PATCH", "/conversations/{c}/me", "/conversations/c1/me", { mute: true }],
      ["GET", "/conversations/{c}/receipts", "/conversations/c1/receipts?seq=2"],
      ["DELETE", "/conversations/{c}", "/conversations/c1"],
      ["GET", "/healthz", "/healthz"],
      ["GET", "/readyz", "/readyz"],
    ];
    for (const [method, path, at, body] of calls) {
      const headers = { authorization: "Bearer alice" };
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      const answering = engine.chat.fetch(new Request(`http://test${at}`, init));
      await engine.advance(1_000);
      const response = await answering;
      const text = await response.text();
      const answered: unknown = text === "" ? null : JSON.parse(text);
      expect([method, at, response.status, isDescribed(method, path, response.status, answered), answered]).toEqual([
        method,
        at,
        response.status,
        true,
        answered,
      ]);
    }
    const asked = new Set(calls.map(([method, path]) => `${method} ${path}`));
    for (const [method, path] of ROUTES) expect(asked).toContain(`${method} /${path.replaceAll(/:(\w+)/g, "{$1}")}`);
    await engine.close();
  });
});

/** Everything that two users of one gateway do at a table: the frames that they got. */
async function lively(engine: TestEngine) {
  await engine.create("alice", "c1", ["bob"]);
  const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
  for (const client of [alice, bob]) {
    await client.say({ t: "subscribe", id: "r1", c: "c1" }, { t: "inbox", id: "r2" }, { t: "ping", n: 0 });
  }
  await alice.say({ t: "subscribe", id: "r3", c: "c1", users: ["bob"] }, { t: "auth", token: "alice" });
  await alice.send("c1", "m1");
  await alice.say(
    { t: "send", id: "m2", c: "c1", type: "message", body: { text: "re" }, re: 2, mentions: ["bob"], slot: "s1" },
    { t: "send", id: "m3", c: "c1", type: "edit", body: { text: "edited" }, re: 2 },
    { t: "send", id: "m4", c: "c1", type: "x-poll", body: { options: [] } },
    { t: "send", id: "m1", c: "c1", type: "message", body: { text: "another" } },
  );
  await bob.say(
    { t: "send", id: "m5", c: "c1", type: "react", body: { key: "👍", on: true }, re: 2 },
    { t: "typing", c: "c1" },
    { t: "read", c: "c1", seq: 3 },
    { t: "fetch", id: "r4", c: "c1" },
    { t: "fetch", id: "r5", c: "c1", after: 0 },
    { t: "fetch", id: "r6", c: "nothing", after: 0 },
  );
  await alice.say({ t: "send", id: "m6", c: "c1", type: "delete", re: 3 });
  await engine.advance(2_000);
  await bob.say(
    { t: "fetch", id: "r7", c: "c1" },
    { t: "fetch", id: "r8", c: "c1", after: 0 },
    { t: "inbox", id: "r9" },
  );
  await bob.say({
    t: "have",
    have: [
      ["c1", "e0", 1],
      ["nothing", "e1", 1],
    ],
  });
  await bob.say({ t: "unsubscribe", id: "r10", c: "c1" });
  await engine.advance(2_000);
  return [...alice.received, ...bob.received];
}
