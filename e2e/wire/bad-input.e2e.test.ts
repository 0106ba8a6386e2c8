import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Chatter, startChatter } from "../support/wire-chatter.ts";
import type { WireClient } from "../support/wire-client.ts";
import { range, readLog } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();
let chatter: Chatter;
let mallory = "";
let c = "";

beforeAll(async () => {
  chatter = await startChatter(scene);
  mallory = scene.fresh("mallory");
  c = await scene.create(mallory, []);
});

afterAll(async () => {
  expect(await chatter.finish(), "the chatter was some").toBeGreaterThan(20);
});

/** The text of a send whose fields are given as JSON text, so that they may be anything. */
function sendText(fields: Readonly<Record<string, string>> = {}): string {
  const all = { t: `"send"`, id: `"x1"`, c: `"${c}"`, type: `"message"`, body: `{"text":"x"}`, ...fields };
  const written = Object.entries(all).filter(([, json]) => json !== "");
  return `{${written.map(([field, json]) => `"${field}":${json}`).join(",")}}`;
}

const nested = (levels: number): string => `{"a":`.repeat(levels - 1) + "{}" + "}".repeat(levels - 1);
const listed = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
const keyed = (count: number): string =>
  `{${range(1, count)
    .map((key) => `"k${key}":0`)
    .join(",")}}`;
const keyedInLists = (count: number): string =>
  `{"a":[${range(2, count)
    .map((key) => `{"k${key}":0}`)
    .join(",")}]}`;

async function attacker(): Promise<WireClient> {
  return await scene.join(mallory);
}

describe("what is malformed closes with 4500", () => {
  const closing: readonly (readonly [string, () => string | Buffer])[] = [
    ["half of JSON", () => `{"t":"ping","n":`],
    ["a trailing comma", () => `{"t":"ping","n":0,}`],
    ["two objects", () => `{"t":"ping","n":0}{"t":"ping","n":0}`],
    ["single quotes", () => `{'t':'ping','n':0}`],
    ["a comment", () => `{"t":"ping","n":0} // hello`],
    ["NaN", () => `{"t":"ping","n":NaN}`],
    ["a raw line end in a string", () => sendText({ body: `{"text":"a\nb"}` })],
    ["a raw U+0000 in a string", () => sendText({ body: `{"text":"a\u0000b"}` })],
    ["an empty frame", () => ""],
    ["blanks", () => "  "],
    ["an array", () => `[{"t":"ping","n":0}]`],
    ["a string", () => `"ping"`],
    ["a number", () => "42"],
    ["null", () => "null"],
    ["true", () => "true"],
    ["17 levels", () => sendText({ body: nested(16) })],
    ["17 levels of lists", () => sendText({ body: listed(16) })],
    ["2,000 levels", () => sendText({ body: listed(2_000) })],
    ["30,000 levels", () => `{"t":"ping","n":${"[".repeat(30_000)}${"]".repeat(30_000)}}`],
    ["30,000 levels that never end", () => `{"t":"ping","n":${"[".repeat(60_000)}`],
    ["257 keys", () => sendText({ body: keyed(252) })],
    ["257 keys in lists", () => sendText({ body: keyedInLists(252) })],
    ["5,000 keys", () => sendText({ body: keyed(5_000) })],
    ["257 keys where they are ignored", () => `{"t":"ping","n":0,"x":${keyed(254)}}`],
    ["a binary frame", () => Buffer.from(`{"t":"ping","n":0}`)],
    ["a binary frame of noise", () => Buffer.from([0xff, 0x00, 0xfe, 0x80])],
  ];
  it.each(closing)("S37: %s", async (_name, text) => {
    const client = await attacker();
    const bytes = text();
    client.raw(bytes, typeof bytes !== "string");
    expect((await client.closed()).code).toBe(4500);
  });

  it("S30: but invalid UTF-8 with 1007", async () => {
    const client = await attacker();
    client.raw(Buffer.from([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x7d]), false);
    expect((await client.closed()).code).toBe(1007);
  });
});

describe("what is at the limit is taken", () => {
  const fine: readonly (readonly [string, () => string])[] = [
    ["16 levels", () => nested(15)],
    ["16 levels of lists", () => listed(15)],
    ["256 keys", () => keyed(251)],
    ["256 keys in lists", () => keyedInLists(251)],
    [
      "5,000 elements",
      () =>
        `{"a":[${range(1, 5_000)
          .map(() => "0")
          .join(",")}]}`,
    ],
    ["brackets and quotes in strings", () => JSON.stringify({ text: `${"[{".repeat(2_000)}\\"}]\\\\`, 'a"{[': "b" })],
    ["colons and commas in strings", () => JSON.stringify({ text: `"a":1,`.repeat(1_000) })],
    ["a surrogate pair by escapes", () => `{"text":"\\ud83d\\ude00"}`],
    ["a backslash before u0000", () => `{"text":"\\\\u0000 \\\\ud800"}`],
    [
      "S33: constructor as a key",
      () => `{"constructor":{"prototype":{"polluted":true}},"toString":"x","hasOwnProperty":1}`,
    ],
    ["a key that begins like __proto__", () => `{"__proto":1,"__proto___":2,"proto":3}`],
    ["__proto__ as a word", () => `{"text":"__proto__ \\"__proto__\\": 1"}`],
    ["blanks between", () => ` {\t"text" :\r\n "x" } `],
  ];
  it.each(fine)("%s", async (name, body) => {
    const [client, desk] = [await attacker(), await attacker()];
    const id = `fine-${fine.findIndex(([other]) => other === name)}`;
    client.raw(sendText({ id: `"${id}"`, body: body() }));
    expect(await client.next({ id })).toMatchObject({ t: "sent" });
    expect((await desk.next({ t: "event", id })).body).toEqual(JSON.parse(body()));
  });

  it("S19: a frame in fragments", async () => {
    const client = await attacker();
    const text = `{"t":"ping","n":0,"x":"${"é".repeat(100)}"}`;
    const bytes = Buffer.from(text);
    client.socket.send(bytes.subarray(0, 31), { binary: false, fin: false });
    client.socket.send(bytes.subarray(31, 32), { binary: false, fin: false });
    client.socket.send(bytes.subarray(32), { binary: false, fin: true });
    await client.next("pong");
  });
});

describe("what is invalid gets its error, and the session goes on", () => {
  const sends: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["S39: U+0000 in a text", { body: `{"text":"a\\u0000b"}` }],
    ["S39: U+0000 in a key", { body: `{"a\\u0000b":1}` }],
    ["S39: U+0000 in an unknown field", { colour: `"\\u0000"` }],
    ["S39: a lone high surrogate", { body: `{"text":"\\ud800"}` }],
    ["S39: a lone low surrogate", { body: `{"text":"x\\udc00x"}` }],
    ["S39: surrogates in the wrong order", { body: `{"text":"\\ude00\\ud83d"}` }],
    ["S39: a lone surrogate in a key", { body: `{"\\udfff":1}` }],
    ["S39: a lone surrogate in a list", { body: `{"a":["ok",["\\udbff"]]}` }],
    ["S33: __proto__ in the body", { body: `{"__proto__":{"admin":true}}` }],
    ["S33: __proto__ in a list", { body: `{"a":[{"b":{"__proto__":1}}]}` }],
    ["S33: __proto__ by escapes", { body: `{"\\u005f_proto__":{"admin":true}}` }],
    ["S33: __proto__ beside the fields", { __proto: "1", ["__proto__"]: `{"type":"message"}` }],
    ["a type that is a number", { type: "5" }],
    ["S34: a type that is an object", { type: `{"toString":"message"}` }],
    ["no type that is known", { type: `"hasOwnProperty"` }],
    ["a conversation that is a number", { c: "5" }],
    ["a conversation that is null", { c: "null" }],
    ["a conversation that is a list", { c: `["c1"]` }],
    ["no conversation", { c: "" }],
    ["an empty conversation", { c: `""` }],
    ["a conversation of 129 characters", { c: `"${"c".repeat(129)}"` }],
    ["a conversation with a slash", { c: `"c/1"` }],
    ["a conversation with a blank", { c: `"c 1"` }],
    ["a conversation with ü", { c: `"cü"` }],
    ["S40: a body that is a string", { body: `"text"` }],
    ["a body that is a list", { body: `["text"]` }],
    ["a body that is null", { body: "null" }],
    ["no body", { body: "" }],
    ["re that is a string", { re: `"1"` }],
    ["S38: re of 1.5", { re: "1.5" }],
    ["S38: re below 0", { re: "-1" }],
    ["S38: re of 2^53", { re: "9007199254740992" }],
    ["S38: re of 2^53 + 1", { re: "9007199254740993" }],
    ["S38: re of 1e400", { re: "1e400" }],
    ["mentions that are a word", { mentions: `"bob"` }],
    ["mentions of numbers", { mentions: "[1,2]" }],
    ["mentions of what is no user id", { mentions: `["no such user"]` }],
    ["mentions that are an object", { mentions: `{"0":"bob"}` }],
  ];
  it.each(sends)("a send with %s", async (_name, fields) => {
    const client = await attacker();
    client.raw(sendText(fields));
    const error = await client.next("error");
    expect(error).toMatchObject({ code: "invalid", id: "x1" });
    expect(error.message).toEqual(expect.any(String));
    expect(error).not.toHaveProperty("retry");
    await client.ping();
  });

  const ids = [`""`, `"${"x".repeat(129)}"`, `"x 1"`, `"x/1"`, `"ü"`, "5", "null", `{"a":1}`, `["x1"]`, ""];
  it("a send without a valid id is named by `re`", async () => {
    for (const id of ids) {
      const client = await attacker();
      client.raw(sendText({ id }));
      const error = await client.next("error");
      expect(error, id).toMatchObject({ code: "invalid", re: "send" });
      expect(error).not.toHaveProperty("id");
      await client.ping();
      client.terminate();
    }
  });

  const others: readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] = [
    ["an unknown t", `{"t":"nope"}`, { re: "nope" }],
    ["an unknown t with an id", `{"t":"nope","id":"x1"}`, { id: "x1" }],
    ["a frame of the gateway", `{"t":"event","c":"c1","epoch":"e1","seq":1}`, { re: "event" }],
    ["S35: constructor as its t", `{"t":"constructor"}`, { re: "constructor" }],
    ["S35: __proto__ as its t", `{"t":"__proto__"}`, {}],
    ["no t", `{"id":"x1"}`, { id: "x1" }],
    ["a t that is a number", `{"t":5,"id":"x1"}`, { id: "x1" }],
    ["S34: a t that is an object", `{"t":{"toString":"ping"},"id":"x1"}`, { id: "x1" }],
    ["S38: an ack of 1.5", `{"t":"ack","n":1.5}`, { re: "ack" }],
    ["S38: an ack of -1", `{"t":"ack","n":-1}`, { re: "ack" }],
    ["S38: an ack of 1e400", `{"t":"ack","n":1e400}`, { re: "ack" }],
    ["an ack of a string", `{"t":"ack","n":"1"}`, { re: "ack" }],
    ["an ack of nothing", `{"t":"ack"}`, { re: "ack" }],
    ["S38: a ping of 2^53 + 1", `{"t":"ping","n":9007199254740993}`, { re: "ping" }],
    ["S38: a fetch after 1.5", `{"t":"fetch","id":"x1","c":"c1","after":1.5}`, { id: "x1" }],
    ["S38: a fetch after -1", `{"t":"fetch","id":"x1","c":"c1","after":-1}`, { id: "x1" }],
    ["S38: a fetch after 2^53 + 1", `{"t":"fetch","id":"x1","c":"c1","after":9007199254740993}`, { id: "x1" }],
    ["S38: a fetch after 1e400", `{"t":"fetch","id":"x1","c":"c1","after":1e400}`, { id: "x1" }],
    ["a fetch after a string", `{"t":"fetch","id":"x1","c":"c1","after":"1"}`, { id: "x1" }],
    ["S38: a fetch with a limit of -1", `{"t":"fetch","id":"x1","c":"c1","limit":-1}`, { id: "x1" }],
    ["an inbox with a limit of a string", `{"t":"inbox","id":"x1","cursor":null,"limit":"5"}`, { id: "x1" }],
    ["a subscribe to nothing", `{"t":"subscribe","id":"x1"}`, { id: "x1" }],
    ["a subscribe without an id", `{"t":"subscribe","c":"c1"}`, { re: "subscribe" }],
    ["a have of an object", `{"t":"have","have":{"c1":1}}`, { re: "have" }],
    ["a have of nothing", `{"t":"have"}`, { re: "have" }],
    ["S38: a have with a seq of 1.5", `{"t":"have","have":[["c1","e1",1.5]]}`, { re: "have" }],
    ["a have with a seq that is a string", `{"t":"have","have":[["c1","e1","1"]]}`, { re: "have" }],
    ["a have with a conversation that is no id", `{"t":"have","have":[["c 1","e1",1]]}`, { re: "have" }],
    ["an auth without a token", `{"t":"auth"}`, { re: "auth" }],
    ["a skip of nothing", `{"t":"skip"}`, { re: "skip" }],
  ];
  it.each(others)("%s", async (_name, text, named) => {
    const client = await attacker();
    client.raw(text);
    const error = await client.next("error");
    expect(error).toMatchObject({ code: "invalid", ...named });
    expect(error).not.toHaveProperty("retry");
    await client.ping();
  });

  it("ten of them in a minute close with 4509", async () => {
    const client = await attacker();
    for (const _ of range(1, 9)) {
      client.write({ t: "nope" });
      expect(await client.next("error")).toMatchObject({ code: "invalid", re: "nope" });
    }
    await client.ping();
    client.write({ t: "nope" });
    expect((await client.closed()).code).toBe(4509);
  });

  it("refusals with other codes do not count among the ten", async () => {
    const client = await attacker();
    for (const _ of range(1, 15))
      expect(await client.ask({ t: "fetch", c: "none", after: 0 })).toMatchObject({ code: "not_found" });
    await client.ping();
  });
});

describe("after all of that", () => {
  it("I2, I3: the log has what was sent and nothing of what was refused", async () => {
    const log = await readLog(await attacker(), c, 1);
    expect(log.filter((row) => !row.id?.startsWith("fine-"))).toEqual([]);
    expect(log.length).toBeGreaterThan(0);
  });

  it("S33: no object of the server has a new prototype", async () => {
    const { welcome } = await scene.open(mallory);
    expect(welcome).not.toHaveProperty("admin");
    expect(welcome).not.toHaveProperty("polluted");
  });
});
