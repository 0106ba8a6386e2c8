import type { IncomingMessage } from "node:http";
import { describe, expect, it } from "vitest";
import WebSocket from "ws";
import { WireClient } from "../support/wire-client.ts";
import { call } from "../support/wire-http.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

interface Knock {
  readonly path?: string;
  readonly protocols?: string[];
  readonly headers?: Record<string, string>;
}

/** What became of an upgrade: 101, the HTTP status of its refusal, "reset", or "silence" after a second. */
async function knock({ path = "/chat/ws", protocols = ["earshot.v1"], headers = {} }: Knock): Promise<number | string> {
  const socket = new WebSocket(`${scene.url.replace("http", "ws")}${path}`, protocols, { headers });
  try {
    return await new Promise((resolve) => {
      socket.once("open", () => resolve(101));
      socket.once("unexpected-response", (_request, response: IncomingMessage) => resolve(response.statusCode ?? 0));
      socket.once("error", () => resolve("reset"));
      setTimeout(() => resolve("silence"), 1_000);
    });
  } finally {
    socket.on("error", () => {});
    socket.terminate();
  }
}

describe("the upgrade", () => {
  it("is accepted with the subprotocol, alone or among others, and picks it", async () => {
    for (const protocols of [["earshot.v1"], ["graphql-ws", "earshot.v1"]]) {
      const client = await WireClient.connect(scene.url, { protocols });
      expect(client.socket.protocol).toBe("earshot.v1");
      expect(client.socket.extensions, "permessage-deflate is off").toBe("");
      client.terminate();
    }
  });

  it("is refused with 400 without the subprotocol", async () => {
    expect(await knock({ protocols: [] })).toBe(400);
    expect(await knock({ protocols: ["graphql-ws"] })).toBe(400);
    expect(await knock({ protocols: ["earshot.v2"] })).toBe(400);
    expect(await knock({ protocols: ["earshot.v1x"] })).toBe(400);
  });

  it("S1: is refused with 403 from a foreign Origin, cookies or none", async () => {
    const origin = "https://evil.example";
    expect(await knock({ headers: { origin } })).toBe(403);
    expect(await knock({ headers: { origin, cookie: "session=alice" } })).toBe(403);
  });

  it("S2: is refused with 403 from an Origin that only looks like ours", async () => {
    const { port } = scene.server;
    const alike = [
      `http://127.0.0.1:${port}.evil.example`,
      `http://127.0.0.1.evil.example:${port}`,
      `http://evil.example/127.0.0.1:${port}`,
      `http://x127.0.0.1:${port}`,
      `http://127.0.0.1:${port}@evil.example`,
      `http://127.0.0.1:${port + 1}`,
      "http://127.0.0.1",
      "null",
      "file://",
    ];
    for (const origin of alike) expect(await knock({ headers: { origin } }), origin).toBe(403);
  });

  it("S2: is accepted from its own Origin, and without one", async () => {
    expect(await knock({ headers: { origin: scene.url } })).toBe(101);
    expect(await knock({})).toBe(101);
  });

  it("leaves upgrades off its path alone", async () => {
    const paths = ["/", "/ws", "/chat", "/chat/", "/chat/wsx", "/chat/ws/more", "/other/chat/ws", "/chatter/ws"];
    const ends = await Promise.all(paths.map((path) => knock({ path })));
    expect(ends, paths.join(" ")).not.toContain(101);
    expect(await knock({}), "the server serves on").toBe(101);
  });

  it("is no answer to a plain request for its path", async () => {
    const answer = await call(scene.url, "GET", "/ws");
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.status).toBeLessThan(500);
  });

  it("S5: takes no token from the URL", async () => {
    const user = scene.fresh("u");
    const path = `/chat/ws?token=${user}&access_token=${user}`;
    const status = await knock({ path });
    if (status !== 101) return;
    const client = await scene.greet(undefined, { path });
    expect((await client.closed()).code).toBe(4501);
  });
});
