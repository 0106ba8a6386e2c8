// Run as a process of its own: frames of any kind into the decoder and into live sessions.
// `node --expose-gc --max-semi-space-size=8 --conditions=@earshot/source fuzz-frames.ts <seed> <frames>` prints what it
// saw, as JSON. A small young generation keeps what V8 holds in reserve out of what is measured.
import { decodeFrame, encodeFrame } from "@earshot/protocol";
import { houseOf } from "../../src/chat-engine.ts";
import { decode, decodeHello } from "../../src/codec/decode.ts";
import type { Connection, ConnectionListener, EncodedFrames } from "../../src/ports/transport.ts";
import { SeededRandom } from "../../src/testing/seeded-random.ts";
import { TestEngine } from "../../src/testing/test-engine.ts";
import { Mutations } from "./mutations.ts";

const SESSIONS = 16;
/** Frames between two turns of the engine, and the time that passes with each. */
const BATCH_FRAMES = 64;
const BATCH_MS = 100;
/** Frames after which the conversation that they may write to is removed, and another made: memory is to show leaks, not messages. */
const LIFE_FRAMES = 5_000;
const WARM_FRAMES = 100_000;

const [seed = 1, frames = 300_000] = process.argv.slice(2).map(Number);
const random = new SeededRandom(seed);
const mutations = new Mutations(random);
const engine = await TestEngine.start({
  // Caches are to be full before memory is looked at for the first time.
  limits: { invalidPerMinuteMax: 1_000, connectionsPerUserMax: 1_000, rememberedMax: 500 },
  logger: {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (fields, message) => trouble(`${message} ${JSON.stringify(fields)}`),
  },
});
const seen = {
  frame: 0,
  refused: 0,
  malformed: 0,
  hello: 0,
  answers: 0,
  sessions: 0,
  closes: {} as Record<string, number>,
};
const troubles: string[] = [];
let current = "";

process.on("uncaughtException", (error) => trouble(`uncaught ${error.stack}`));
process.on("unhandledRejection", (error) =>
  trouble(`unhandled ${error instanceof Error ? error.stack : String(error)}`),
);

/** A client's end that throws away what it has looked at. */
class Peer implements Connection {
  readonly request = { address: "192.0.2.1", origin: null, headers: {} };
  readonly bufferedBytes = 0;
  closed = false;
  listener: ConnectionListener | null = null;

  send({ texts }: EncodedFrames): void {
    for (const text of texts) {
      seen.answers++;
      const frame = decodeFrame(text);
      if (typeof frame?.t !== "string") trouble(`wrote what is no frame: ${text}`);
      else if (frame.t === "error" && frame["code"] === "internal") trouble(`failed inside: ${text}`);
    }
  }

  close(code: number): void {
    if (this.closed) return;
    this.closed = true;
    seen.closes[code] = (seen.closes[code] ?? 0) + 1;
    engine.clock.endOfTurn(() => this.listener?.onClose(code, false));
  }

  /** What is written within a batch was read already. */
  pause(): void {}

  resume(): void {}
}

function trouble(what: string): void {
  if (troubles.length < 20) troubles.push(`${what} — after ${JSON.stringify(current)}`);
}

function connect(): Peer {
  const peer = new Peer();
  const user = `u${random.below(8)}`;
  peer.listener = houseOf(engine.chat).accept(peer);
  seen.sessions++;
  // Some say what is no hello.
  const hello = encodeFrame({ t: "hello", v: 1, token: user, device: `d${seen.sessions}` });
  peer.listener.onText(random.below(4) === 0 ? mutations.mutated(hello) : hello);
  return peer;
}

function checkDecoder(text: string): string {
  current = text;
  try {
    const { kind } = decode(text);
    seen[kind]++;
    if (decodeHello(text).kind === "hello") seen.hello++;
    return kind;
  } catch (error) {
    trouble(`the decoder threw ${String(error)}`);
    return "malformed";
  }
}

async function rss(): Promise<number> {
  for (let round = 0; round < 6; round++) {
    // The last resort also gives pages back that are nearly empty.
    globalThis.gc?.({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return process.memoryUsage().rss;
}

let life = 0;
async function nextLife(): Promise<void> {
  if (life > 0) await engine.call("u0", "DELETE", `/conversations/life${life}`);
  life++;
  await engine.create("u0", `life${life}`, ["u1", "u2", "u3", "alice"]);
}

const peers: Peer[] = [];
let warm = 0;
for (let frame = 1; frame <= frames; frame++) {
  if (frame % LIFE_FRAMES === 1) await nextLife();
  const text = mutations.text();
  const kind = checkDecoder(text);
  const at = random.below(SESSIONS);
  if (peers[at] === undefined || peers[at].closed) peers[at] = connect();
  const peer = peers[at];
  if (!peer.closed) {
    // A frame that a session takes has half the time something there to act on.
    current = kind === "frame" && random.below(2) === 0 ? text.replaceAll('"c1"', `"life${life}"`) : text;
    peer.listener?.onText(current);
  }
  if (frame % BATCH_FRAMES === 0) await engine.advance(BATCH_MS);
  if (frame === WARM_FRAMES) warm = await rss();
}
for (const peer of peers) peer.listener?.onClose(1006, false);
await engine.advance(60_000);
const { sessions, swept, users, subscriptions, watermarks, outboxBytes } = engine.gauges;
const left = { sessions, swept, users, subscriptions, watermarks, outboxBytes };
const end = await rss();
await engine.close();
console.log(JSON.stringify({ seed, frames, seen, troubles, left, warm, end }));
