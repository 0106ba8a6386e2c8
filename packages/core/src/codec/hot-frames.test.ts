import { decodeFrame, LIMITS, type UnvalidatedFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { decode } from "./decode.ts";
import { frameSchemas } from "./frame-schemas.ts";
import { countFrame, helloFrame, messageFrame } from "./hot-frames.ts";

const SEED = 20_311;
const ROUNDS = 20_000;

/** Values of every kind that a field may meet, right and wrong, as JSON texts. */
const VALUES = [
  ...['"m1"', '"c1"', '"send"', '"message"', '"edit"', '"x-a"', '"x"', '""', '"a b"', `"${"i".repeat(128)}"`],
  ...[`"${"i".repeat(129)}"`, "0", "1", "-0", "-1", "1.5", "1e3", "9007199254740991", "9007199254740992", "1e999"],
  ...["true", "false", "null", "{}", '{"text":"hi"}', '{"a":{"b":[1]}}', "[]", '["u1"]', '[["c1",1]]', '"all"'],
];
const FIELDS = ["t", "id", "c", "type", "body", "re", "mentions", "slot", "expect", "n", "d", "from", "at", "epoch"];
const MORE_FIELDS = ["seq", "ord", "x-future", "constructor", "toString", "kind"];

/** A plain message or reply with some fields changed, added or left out, most often none or one. */
function textOf(random: SeededRandom): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.float() * from.length)] as T;
  const fields = new Map([
    ["t", '"send"'],
    ["id", '"m1"'],
    ["c", '"c1"'],
    ["type", '"message"'],
    ["body", '{"text":"hi"}'],
  ]);
  if (random.float() < 0.5) fields.set("re", "17");
  for (let changes = Math.floor(random.float() * 3); changes > 0; changes--) {
    const field = pick([...FIELDS, ...MORE_FIELDS]);
    if (random.float() < 0.3) fields.delete(field);
    else fields.set(field, pick(VALUES));
  }
  return `{${[...fields].map(([field, value]) => `${JSON.stringify(field)}:${value}`).join(",")}}`;
}

describe("messageFrame", () => {
  it("gives what the schema gives, or nothing", () => {
    const random = new SeededRandom(SEED);
    const seen = { taken: 0, left: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const text = textOf(random);
      const frame = messageFrame(decodeFrame(text) as UnvalidatedFrame);
      if (frame === null) {
        seen.left++;
        continue;
      }
      seen.taken++;
      expect(frame, `${text}, round ${round} of seed ${SEED}`).toEqual(frameSchemas.send.parse(JSON.parse(text)));
      expect(Object.keys(frame).filter((field) => ["from", "at", "epoch", "seq", "ord"].includes(field))).toEqual([]);
    }
    expect(Math.min(seen.taken, seen.left)).toBeGreaterThan(ROUNDS / 10);
  });

  it("takes what is sent most", () => {
    const message = { t: "send", id: "01KAPFJ0000000000000000000", c: "c1", type: "message", body: { text: "hi" } };
    expect(messageFrame(message)).toBe(message);
    expect(messageFrame({ ...message, re: 17 })).toEqual({ ...message, re: 17 });
  });
});

describe("countFrame", () => {
  const texts = [
    "0",
    "1",
    "42",
    "999999999999999",
    "9007199254740991",
    "9007199254740992",
    "01",
    "-0",
    "-1",
    "1.0",
    "1e3",
  ];
  const forms = ["ack", "ping", "pong", "send"].flatMap((t) => [
    ...texts.map((n) => `{"t":"${t}","n":${n}}`),
    `{"t":"${t}","n":1} `,
    `\n{"t":"${t}","n":1}`,
    `{"t":"${t}","n":1}\n`,
    `{"t":"${t}","n":1,"n":2}`,
    `{"t":"${t}","n":1,"d":[["c1",1]]}`,
    `{"n":1,"t":"${t}"}`,
    `{"t":"${t}"}`,
  ]);

  it("gives what the schema gives, or nothing", () => {
    for (const text of forms) {
      const frame = countFrame(text);
      if (frame !== null) expect(frame, text).toEqual(frameSchemas[frame.t].parse(JSON.parse(text)));
    }
    expect(forms.filter((text) => countFrame(text) !== null)).toEqual(
      ["ack", "ping"].flatMap((t) => texts.slice(0, 4).map((n) => `{"t":"${t}","n":${n}}`)),
    );
  });

  it("leaves what it does not say to the schema", () => {
    expect(decode('{"t":"ack","n":9007199254740991}')).toMatchObject({ kind: "frame" });
    expect(decode('{"t":"ack","n":9007199254740992}')).toMatchObject({ kind: "refused" });
    expect(decode('{"n":1,"t":"ping"}')).toEqual({ kind: "frame", frame: { t: "ping", n: 1 } });
    expect(decode('{"t":"ack","n":1,"from":"u1"}')).toMatchObject({ kind: "refused", error: { code: "invalid" } });
  });
});

/** A `hello` as clients send it with some fields changed, added or left out, most often none or one. */
function helloText(random: SeededRandom): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random.float() * from.length)] as T;
  const few = (): number => Math.floor(random.float() * random.float() * 4);
  const cursor = (): string => {
    const entry = ['"c1"', '"e1"', pick(["0", "9", "9007199254740991"]), ...(random.float() < 0.5 ? ["true"] : [])];
    if (random.float() < 0.1) entry[Math.floor(random.float() * 5)] = pick(VALUES);
    if (random.float() < 0.05) entry.pop();
    return `[${Array.from(entry, (value) => value ?? "null").join(",")}]`;
  };
  const fields = new Map([
    ["t", '"hello"'],
    ["v", "1"],
    ["device", '"d1"'],
  ]);
  const more = { token: '"x"', k: "3", agent: '"a b"', resume: '"r.s"' };
  for (const [field, value] of Object.entries(more)) if (random.float() < 0.5) fields.set(field, value);
  if (random.float() < 0.8) fields.set("have", `[${Array.from({ length: few() }, cursor).join(",")}]`);
  const names = ["t", "v", "device", "k", "agent", "resume", "have", "token", "epoch", "at", ...MORE_FIELDS];
  const long = [257, 4_097, 8_193].map((length) => `"${"x".repeat(length)}"`);
  for (let changes = few(); changes > 0; changes--) {
    const field = pick(names);
    if (random.float() < 0.3) fields.delete(field);
    else fields.set(field, pick([...VALUES, ...long, '"hello"', "null"]));
  }
  return `{${[...fields].map(([field, value]) => `${JSON.stringify(field)}:${value}`).join(",")}}`;
}

describe("helloFrame", () => {
  it("gives what the schema gives, or nothing, and nothing only where there is a field too many or a wrong one", () => {
    const random = new SeededRandom(SEED);
    const seen = { taken: 0, left: 0 };
    for (let round = 0; round < ROUNDS; round++) {
      const text = helloText(random);
      const raw = decodeFrame(text) as UnvalidatedFrame;
      const frame = helloFrame(raw);
      const parsed = frameSchemas.hello.safeParse(JSON.parse(text));
      const where = `${text}, round ${round} of seed ${SEED}`;
      if (frame === null) {
        seen.left++;
        const known = Object.keys(raw).every((field) => Object.hasOwn(frameSchemas.hello.shape, field));
        expect(parsed.success && known, where).toBe(false);
        continue;
      }
      seen.taken++;
      expect(frame, where).toEqual(parsed.data);
    }
    expect(Math.min(seen.taken, seen.left)).toBeGreaterThan(ROUNDS / 10);
  });

  it("takes no more cursors than the schema", () => {
    const hello = (cursors: number) => ({
      t: "hello",
      v: 1,
      device: "d1",
      have: Array.from({ length: cursors }, (_, at) => [`c${at}`, "e1", at]),
    });
    expect(helloFrame(hello(LIMITS.haveMax))).not.toBe(null);
    expect(helloFrame(hello(LIMITS.haveMax + 1))).toBe(null);
  });
});
