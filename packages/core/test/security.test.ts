import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { PeerRequest } from "../src/ports/authenticate.ts";
import { Gateway } from "./security/gateway.ts";
import { frameBytes, UPGRADE } from "./security/raw-socket.ts";

let gateway: Gateway;
/** What the host was shown of the last request. */
let seen: PeerRequest | null = null;

beforeAll(async () => {
  gateway = await Gateway.start({
    authenticate: ({ token, request }) => {
      seen = request;
      // A second factor is pending: not signed in yet.
      return token === null || token.startsWith("half-") ? null : { user: token };
    },
    limits: { handshakesPerSecondPerAddressMax: 10_000 },
  });
});

afterAll(async () => {
  await gateway.close();
});

/** What is answered to these lines, until the socket ends or the head of an answer is whole; and after how many ms. */
async function answerTo(lines: readonly string[]): Promise<{ readonly status: number; readonly ms: number }> {
  const socket = connect({ port: gateway.port, host: "127.0.0.1" });
  socket.on("error", () => {});
  await once(socket, "connect");
  const begun = performance.now();
  socket.write(`${lines.join("\r\n")}\r\n\r\n`);
  const status = await new Promise<number>((resolve) => {
    let answer = "";
    socket.on("data", (bytes: Buffer) => {
      answer += bytes.toString("latin1");
      if (answer.includes("\r\n\r\n")) resolve(Number(answer.slice(9, 12)));
    });
    socket.on("close", () => resolve(0));
  });
  socket.destroy();
  return { status, ms: performance.now() - begun };
}

const upgradeWith = (...headers: readonly string[]): readonly string[] => [...UPGRADE, ...headers];
const without = (name: string): readonly string[] => UPGRADE.filter((line) => !line.startsWith(name));

describe("security: the upgrade", () => {
  it.each([
    "permessage-deflate; server_max_window_bits=99999999999999999999",
    "permessage-deflate; client_max_window_bits=-1; client_max_window_bits=-1",
    `permessage-deflate${"; server_no_context_takeover".repeat(300)}`,
    `${"x,".repeat(4_000)}permessage-deflate`,
    'permessage-deflate; a="\\"; b="',
    "__proto__; __proto__=__proto__, constructor; prototype=1",
    ";;;,,,===",
  ])("S25: extension parameters of any kind are ignored or refused: %.60s", async (extensions) => {
    const { status } = await answerTo(upgradeWith(`Sec-WebSocket-Extensions: ${extensions}`));
    expect([101, 400]).toContain(status);
    expect(await gateway.serves()).toBe(true);
  });

  it("S24: no compression is agreed on, and a frame that claims it is closed with 1002", async () => {
    const socket = await gateway.upgrade(["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"]);
    // A bomb of zeros, as deflate would write it.
    socket.write(frameBytes(0xc1, Buffer.from([0xed, 0xc1, 0x01, 0x01, 0, 0, 0, 0x80, 0x90, 0xfe, 0xaf, 0xee])));
    expect(await socket.end()).toBe(1002);
  });

  it.each([
    ["spaces", " ".repeat(12_000)],
    ["commas", ",".repeat(12_000)],
    ["commas and spaces", ", ".repeat(6_000)],
    ["one long word", "a".repeat(12_000)],
    ["words and tabs", "a \t".repeat(4_000)],
  ])("S26: a subprotocol header of %s is refused in no time", async (_, protocols) => {
    const { status, ms } = await answerTo([
      ...without("Sec-WebSocket-Protocol"),
      `Sec-WebSocket-Protocol: ${protocols}`,
    ]);
    expect(status).toBe(400);
    expect(ms).toBeLessThan(500);
  });

  it("S27: very many headers, and very long ones, are refused", async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `x-${index}: y`);
    expect([400, 431]).toContain((await answerTo(upgradeWith(...many))).status);
    expect([400, 431]).toContain((await answerTo(upgradeWith(`x-long: ${"y".repeat(100_000)}`))).status);
    // Within the bytes that Node.js takes, their number does no harm.
    const short = Array.from({ length: 1_500 }, (_, index) => `${index.toString(36)}:`);
    expect([101, 400, 431]).toContain((await answerTo(upgradeWith(...short))).status);
    expect(await gateway.serves()).toBe(true);
  });

  it("S29: __proto__ and constructor are headers like others", async () => {
    const socket = await gateway.upgrade(["__proto__: polluted", "constructor: polluted", "x-own: 7"]);
    socket.say({ t: "hello", v: 1, token: "alice", device: "d-proto" });
    await socket.next("welcome");
    expect(seen?.headers["x-own"]).toBe("7");
    const plain: Record<string, unknown> = {};
    expect([plain["polluted"], Object.getPrototypeOf(plain)]).toEqual([undefined, Object.prototype]);
    expect(typeof Object.getPrototypeOf({}).constructor).toBe("function");
    const answer = await gateway.call("alice", "GET", "/conversations", undefined, { constructor: "polluted" });
    expect(answer.status).toBe(200);
  });
});

/** Bytes after the upgrade, and the code that closes. */
const BROKEN: readonly (readonly [title: string, bytes: Buffer, codes: readonly number[]])[] = [
  ["S20: a length of 2^63", Buffer.from([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), [1002, 1009]],
  ["S20: a length of 4 GiB", Buffer.from([0x81, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), [1009]],
  ["S20: a length of 64 KiB and one", Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0]), [1009]],
  [
    "S21: empty fragments",
    Buffer.concat([frameBytes(0x01, ""), ...Array.from({ length: 100 }, () => frameBytes(0x00, ""))]),
    [1008],
  ],
  [
    "S21: fragments of a byte",
    Buffer.concat([frameBytes(0x01, "x"), ...Array.from({ length: 100 }, () => frameBytes(0x00, "x"))]),
    [1008],
  ],
  [
    "S30: invalid UTF-8 in a text",
    frameBytes(0x81, Buffer.from([0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xed, 0xa0, 0x80])),
    [1007],
  ],
  ["S30: invalid UTF-8 in a close reason", frameBytes(0x88, Buffer.from([0x03, 0xe8, 0xc3, 0x28])), [1007]],
  ...[0xc1, 0xa1, 0x91, 0xf1].map((first) => [`S31: reserved bits ${first}`, frameBytes(first, "x"), [1002]] as const),
  ...[0x83, 0x87, 0x8b, 0x8f].map((first) => [`S31: opcode ${first & 15}`, frameBytes(first, "x"), [1002]] as const),
  ["S31: an unmasked frame", frameBytes(0x81, "{}", { mask: false }), [1002]],
  ["S31: a ping of 126 bytes", frameBytes(0x89, "x".repeat(126)), [1002]],
  ["S31: a fragmented ping", frameBytes(0x09, "x"), [1002]],
  ["S31: a continuation of nothing", frameBytes(0x80, "x"), [1002]],
  ["S31: a text within a message", Buffer.concat([frameBytes(0x01, "x"), frameBytes(0x81, "y")]), [1002]],
  ["S31: a close of one byte", frameBytes(0x88, "x"), [1002]],
  ...[0, 999, 1004, 1005, 1006, 1015, 2999].map(
    (code) => [`S31: close code ${code}`, frameBytes(0x88, Buffer.from([code >> 8, code & 255])), [1002]] as const,
  ),
];

describe("security: frames", () => {
  it.each(BROKEN)("%s", async (_, bytes, codes) => {
    for (const open of [() => gateway.upgrade(), () => gateway.open("alice")]) {
      const socket = await open();
      socket.write(bytes);
      expect(codes).toContain(await socket.end());
      socket.destroy();
    }
  });

  it("S20: a thousand lengths that lie take no memory", async () => {
    const before = process.memoryUsage().rss;
    const sockets = await Promise.all(Array.from({ length: 300 }, () => gateway.upgrade()));
    // 64 KiB are promised by each, and a byte comes.
    for (const socket of sockets) socket.write(Buffer.from([0x81, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0x78]));
    await pause(200);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1_024 * 1_024);
    for (const socket of sockets) socket.destroy();
    expect(await gateway.serves()).toBe(true);
  });

  it("S31: every other frame of the standard is taken, whatever its length's form", async () => {
    const socket = await gateway.open("alice");
    const ping = JSON.stringify({ t: "ping", n: 0 });
    socket.text(ping);
    socket.text(ping.padEnd(200));
    socket.text(ping.padEnd(65_536));
    socket.write(
      Buffer.concat([
        frameBytes(0x01, ping.slice(0, 5)),
        frameBytes(0x89, "x".repeat(125)),
        frameBytes(0x80, ping.slice(5)),
      ]),
    );
    for (let answers = 0; answers < 4; answers++) await socket.next("pong");
    expect(socket.closed).toBe(null);
  });

  it("S32: resets at every moment of a session leave the others alone", async () => {
    for (let round = 0; round < 50; round++) {
      const socket = round % 2 === 0 ? await gateway.upgrade() : await gateway.open("alice");
      socket.say({ t: "fetch", id: "f", c: "nowhere" });
      if (round % 3 === 0) socket.write(Buffer.from([0x81, 0xfe]));
      socket.socket.resetAndDestroy();
    }
    expect(await gateway.serves()).toBe(true);
  });

  it("S41: reasons of closes are the gateway's own words", async () => {
    const socket = await gateway.upgrade();
    socket.text(JSON.stringify({ t: "hello", v: 1, token: "x".repeat(9_000), device: "d" }));
    await socket.end();
    expect(socket.closed).toEqual({ code: 4500, reason: "malformed frame" });
  });
});

describe("security: who somebody is", () => {
  it("S11: who has shown half of what it takes sees nothing at all", async () => {
    await gateway.group("s11", "alice", "half-bob");
    const alice = await gateway.open("alice");
    const half = await gateway.upgrade();
    half.say({ t: "hello", v: 1, token: "half-bob", device: "d", have: [["s11", "e", 1, true]] });
    for (let id = 0; id < 5; id++) alice.say({ t: "send", id: `s11-${id}`, c: "s11", type: "message", body: {} });
    await alice.next({ t: "sent", id: "s11-4" });
    expect(await half.end()).toBe(4501);
    expect(half.frames).toEqual([]);
    expect((await gateway.call("half-bob", "GET", "/conversations/s11/messages")).status).toBe(401);
    const poll = await gateway.call("", "POST", "/poll", {
      k: 1,
      frames: [{ t: "hello", v: 1, token: "half-bob", device: "d" }],
    });
    const { frames } = (await poll.json()) as { frames?: unknown };
    expect(frames ?? []).toEqual(frames === undefined ? [] : [{ t: "close", code: 4501 }]);
  });

  it("S53: frames that somebody recorded are worth no more a second time", async () => {
    await gateway.group("s53", "alice", "bob");
    const send = { t: "send", id: "s53-1", c: "s53", type: "message", body: { text: "once" } };
    const recorded = [{ t: "hello", v: 1, token: "alice", device: "s53" }, send, { t: "read", c: "s53", seq: 2 }];
    const first = await gateway.upgrade();
    for (const frame of recorded) first.say(frame);
    expect(await first.next("sent")).toMatchObject({ seq: 2 });
    for (let replay = 0; replay < 3; replay++) {
      const again = await gateway.upgrade();
      for (const frame of recorded) again.say(frame);
      expect(await again.next("sent")).toMatchObject({ seq: 2, dup: true });
    }
    // The same send in another's session is another's.
    const bob = await gateway.open("bob");
    bob.say(send);
    expect(await bob.next("sent")).toMatchObject({ seq: 3 });
  });
});

describe("security: odd content", () => {
  it("S36: keys made to collide are bounded, and cost what others do", { timeout: 120_000 }, async () => {
    const socket = await gateway.open("alice");
    await gateway.group("s36", "alice");
    const times = 200;
    /** CPU that so many bodies with such keys take, in ms: others use the machine too. */
    const costOf = async (name: string, key: (index: number) => string): Promise<number> => {
      const body = Object.fromEntries(Array.from({ length: 240 }, (_, index) => [key(index), index]));
      const before = process.cpuUsage();
      for (let id = 0; id < times; id++) socket.say({ t: "send", id: `${name}${id}`, c: "s36", type: "message", body });
      await socket.next({ t: "sent", id: `${name}${times - 1}` }, 60_000);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000;
    };
    await costOf("warm", (index) => `k${index}`);
    await pause(2_500);
    const ordinary = await costOf("ordinary", (index) => `k${index}`);
    await pause(2_500);
    // Integer-like keys, which V8 hashes by their value: 2^24 apart they met in one bucket.
    const colliding = await costOf("colliding", (index) => String(index * 2 ** 24));
    expect(colliding).toBeLessThan(5 * ordinary + 200);
    const more = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [String(index * 2 ** 24), index]));
    socket.say({ t: "send", id: "more", c: "s36", type: "message", body: more });
    expect(await socket.end()).toBe(4500);
  });

  it("S56: frames full of what is slow to look at are answered at a steady cost", async () => {
    const socket = await gateway.open("alice");
    const odd = [
      `{"t":"ping","n":0,"x":"${"\\u0041".repeat(10_000)}"}`,
      `{"t":"ping","n":0,"x":${"[".repeat(14)}${"]".repeat(14)},"y":[${"0,".repeat(30_000)}0]}`,
      `{"t":"ping","n":0,"x":"${'\\"'.repeat(30_000)}"}`,
      `{"t":"ping","n":0,"x":${"9".repeat(60_000)}}`.replace(/9{60000}/, `0.${"9".repeat(60_000)}`),
      `{"t":"ping","n":0,${'"k":1,'.repeat(200)}"z":1}`,
    ];
    for (const text of odd) {
      const begun = performance.now();
      socket.text(text);
      await socket.next("pong");
      expect(performance.now() - begun).toBeLessThan(500);
    }
    expect(socket.closed).toBe(null);
  });
});
