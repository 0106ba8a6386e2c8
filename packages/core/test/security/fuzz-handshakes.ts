// Run as a process of its own: upgrades of any kind at a real server, cut off at any moment.
// `node --conditions=@earshot/source fuzz-handshakes.ts <seed> <handshakes>` prints what it saw, as JSON.
import { connect } from "node:net";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { Gateway } from "./gateway.ts";
import { frameBytes, UPGRADE } from "./raw-socket.ts";

const AT_ONCE = 64;
/** Longest wait for an answer to what is whole; and to what is not, for which the server waits longer than we do. */
const ANSWER_WITHIN_MS = 2_000;
const CUT_WITHIN_MS = 20;

const HEADERS = [
  "Origin: https://evil.example",
  "Origin: null",
  "Cookie: session=1",
  "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=99",
  "Sec-WebSocket-Version: 99999999999999999999",
  "Sec-WebSocket-Key: x",
  "Sec-WebSocket-Protocol: earshot.v2, earshot.v1",
  "Transfer-Encoding: chunked",
  "Content-Length: 10",
  "Content-Length: -1",
  "Expect: 100-continue",
  "Upgrade: h2c",
  "Connection: keep-alive, Upgrade",
  "X-Forwarded-For: , , ,",
  "X-Forwarded-Host: [::1",
  "Host: ",
  "__proto__: 1",
  ": nameless",
  "no colon",
  "nul: \u0000",
  "bell: \u0007",
  `long: ${"x".repeat(9_000)}`,
] as const;
const TARGETS = [
  "/chat/ws",
  "/chat/ws?token=x",
  "/chat/ws/",
  "//",
  "*",
  "http://evil/chat/ws",
  "/%",
  "/chat/%77s",
  "/\u0000",
  "",
] as const;
const METHODS = ["GET", "POST", "CONNECT", "OPTIONS", "BREW", "get", ""] as const;
const VERSIONS = ["HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "", "RTSP/1.0"] as const;

const [seed = 1, handshakes = 20_000] = process.argv.slice(2).map(Number);
const random = new SeededRandom(seed);
const troubles: string[] = [];
const answers: Record<string, number> = {};
let current = "";

process.on("uncaughtException", (error) => trouble(`uncaught ${error.stack}`));
process.on("unhandledRejection", (error) =>
  trouble(`unhandled ${error instanceof Error ? error.stack : String(error)}`),
);

function trouble(what: string): void {
  if (troubles.length < 20) troubles.push(`${what} — about ${JSON.stringify(current.slice(0, 500))}`);
}

const often = (of: number): boolean => random.below(of) === 0;
const pick = <T>(from: readonly T[]): T => from[random.below(from.length)] as T;

/** One upgrade: mostly right, with something wrong. */
function head(): string {
  const [, ...good] = UPGRADE;
  const lines: string[] = good.filter(() => !often(12));
  for (let more = random.below(3); more > 0; more--) lines.splice(random.below(lines.length + 1), 0, pick(HEADERS));
  if (often(6)) lines.push(pick(lines) ?? "");
  const start = often(3) ? [pick(METHODS), pick(TARGETS), pick(VERSIONS)].join(" ") : UPGRADE[0];
  let text = `${[start, ...lines].join(often(20) ? "\n" : "\r\n")}\r\n\r\n`;
  for (let changes = often(3) ? random.below(4) : 0; changes > 0; changes--) {
    const at = random.below(text.length);
    text = text.slice(0, at) + String.fromCharCode(random.below(256)) + text.slice(at + random.below(3));
  }
  return often(10) ? text.slice(0, random.below(text.length)) : text;
}

/** What comes right behind it, as if the upgrade had been taken. */
function behind(): Buffer {
  switch (random.below(6)) {
    case 0:
      return frameBytes(0x81, JSON.stringify({ t: "hello", v: 1, token: `u${random.below(20)}`, device: "d" }));
    case 1:
      return frameBytes(random.below(256), random.bytes(random.below(200)), { mask: often(2) });
    case 2:
      return Buffer.from(random.bytes(random.below(300)));
    case 3:
      return Buffer.from(head(), "latin1");
    default:
      return Buffer.alloc(0);
  }
}

const gateway = await Gateway.start({
  limits: { handshakesPerSecondPerAddressMax: 1_000_000, admissionsPerSecondMax: 1_000_000 },
  logger: {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields, message) => trouble(`${message} ${JSON.stringify(fields)}`),
  },
});

function once(): Promise<void> {
  const text = head();
  const bytes = Buffer.concat([Buffer.from(text, "latin1"), behind()]);
  const reset = often(5);
  const cut = often(8) ? random.below(bytes.length) : bytes.length;
  return new Promise((resolve) => {
    const socket = connect({ port: gateway.port, host: "127.0.0.1" });
    let status = "none";
    const whole = cut === bytes.length && text.endsWith("\r\n\r\n");
    const timer = setTimeout(() => socket.destroy(), whole ? ANSWER_WITHIN_MS : CUT_WITHIN_MS);
    socket.on("error", () => {});
    socket.on("connect", () => {
      current = text;
      socket.write(bytes.subarray(0, cut));
      if (reset) socket.resetAndDestroy();
    });
    socket.on("data", (given: Buffer) => {
      if (status === "none") status = given.subarray(9, 12).toString("latin1");
      if (status !== "101") socket.destroy();
      else if (often(2)) socket.resetAndDestroy();
      else socket.end(frameBytes(0x88, ""));
    });
    socket.on("close", () => {
      clearTimeout(timer);
      answers[status] = (answers[status] ?? 0) + 1;
      resolve();
    });
  });
}

let left = handshakes;
await Promise.all(
  Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) await once();
  }),
);
for (let wait = 0; gateway.gauges.sessions > 0 && wait < 100; wait++)
  await new Promise((resolve) => setTimeout(resolve, 100));
const { sessions, addresses } = gateway.gauges;
const serves = await gateway.serves();
await gateway.close();
console.log(JSON.stringify({ seed, handshakes, answers, troubles, serves, sessions, addresses }));
process.exit(0);
