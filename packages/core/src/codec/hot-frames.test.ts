import { decodeFrame, type UnvalidatedFrame } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { decode } from "./decode.ts";
import { frameSchemas } from "./frame-schemas.ts";
import { countFrame, messageFrame } from "./hot-frames.ts";

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
