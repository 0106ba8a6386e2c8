import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

/** Writes a line at a time, slowly; resolves with what came back, and after how many ms the server ended it. */
async function dripped(lines: readonly string[], apartMs: number): Promise<{ answer: string; ms: number }> {
  const socket = connect({ port: scene.server.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  await once(socket, "connect");
  const begun = performance.now();
  let answer = "";
  socket.on("data", (bytes: Buffer) => {
    answer += bytes.toString("latin1");
  });
  const ended = once(socket, "close");
  for (const line of lines) {
    if (socket.destroyed) break;
    socket.write(`${line}\r\n`);
    await Promise.race([pause(apartMs), ended]);
  }
  await ended;
  return { answer, ms: performance.now() - begun };
}

describe("the quickstart's server", () => {
  it("S43: ends connections that dawdle over their headers, or their body, and serves others meanwhile", async () => {
    const upgrade = ["GET /chat/ws HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket"];
    const slow = Array.from({ length: 60 }, (_, index) => `x-${index}: slow`);
    const post = [
      "POST /chat/conversations HTTP/1.1",
      "Host: x",
      "Content-Type: application/json",
      "Content-Length: 100",
      "",
      "{",
    ];
    const dawdlers = [
      dripped([...upgrade, ...slow], 500),
      dripped(["GET / HTTP/1.1"], 500),
      dripped([...post, ...slow], 500),
    ];
    await pause(1_000);
    const [alice] = scene.people("alice");
    const client = await scene.join(alice);
    expect((await client.ping()).t).toBe("pong");
    for (const { answer, ms } of await Promise.all(dawdlers)) {
      expect(ms).toBeLessThan(9_000);
      expect(answer === "" || /^HTTP\/1\.1 4\d\d /.test(answer)).toBe(true);
    }
  }, 30_000);
});
