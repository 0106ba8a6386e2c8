import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { WsLine } from "../src/generator/ws-line.ts";

const UPGRADED = "HTTP/1.1 101 Switching Protocols\r\n\r\n";

/** An unmasked text frame, with a length of as many bytes as it takes. */
function frame(text: string): Buffer {
  const { length } = text;
  const header = length < 126 ? [length] : length < 65_536 ? [126, length >> 8, length & 0xff] : [127, 0, 0, 0, 0];
  const wide =
    length < 65_536 ? [] : [(length >>> 24) & 0xff, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff];
  return Buffer.from([0x81, ...header, ...wide, ...Buffer.from(text)]);
}

/** What a line hears from a server that answers the upgrade with these pieces, one after the other. */
async function heard(pieces: readonly Buffer[], texts: number): Promise<string[]> {
  await using stack = new AsyncDisposableStack();
  const server = createServer().listen(0, "127.0.0.1");
  stack.defer(() => void server.close());
  await once(server, "listening");
  const accepted = once(server, "connection").then(async ([socket]: Socket[]) => {
    if (socket === undefined) return;
    socket.setNoDelay(true).on("error", () => {});
    await once(socket, "data");
    for (const piece of pieces) {
      socket.write(piece);
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const { port } = server.address() as AddressInfo;
  const line = await WsLine.open({ port, path: "/", subprotocol: null, from: "127.0.0.1" });
  stack.defer(() => line.end());
  const came: string[] = [];
  const all = new Promise<void>((resolve) => {
    line.onText = (bytes, start, end) => {
      came.push(bytes.toString("utf8", start, end));
      if (came.length === texts) resolve();
    };
  });
  await Promise.all([accepted, all]);
  return came;
}

const texts = ["", "short", "m".repeat(200), "l".repeat(70_000), "last"];

it("cuts frames of every length out of whatever pieces they come in", async () => {
  const bytes = Buffer.concat(texts.map(frame));
  const cuts = [1, 2, 3, 9, 10, 150, 212, 214, 216, 218, 30_000, bytes.length];
  const pieces = cuts.map((cut, index) => bytes.subarray(cuts[index - 1] ?? 0, cut));
  expect(await heard([Buffer.from(UPGRADED), ...pieces], texts.length)).toEqual(texts);
});

it("hears what came with the answer to the upgrade", async () => {
  expect(await heard([Buffer.concat([Buffer.from(UPGRADED), frame("at once"), frame("too")])], 2)).toEqual([
    "at once",
    "too",
  ]);
});
