import { describe, expect, it } from "vitest";
import { message, type WireClient } from "../support/wire-client.ts";
import type { Frame } from "../support/wire-frame.ts";
import { readLog, textsOf } from "../support/wire-log.ts";
import { sceneOfFile } from "../support/wire-scene.ts";

const scene = sceneOfFile();

async function pair() {
  const [alice, bob] = scene.people("alice", "bob");
  const c = await scene.create(alice, [bob]);
  return { alice, bob, c, client: await scene.join(alice) };
}

/** A body whose JSON has exactly so many bytes. */
function bodyOfBytes(bytes: number, filling = "x"): { text: string } {
  const each = Buffer.byteLength(filling);
  const room = bytes - JSON.stringify({ text: "" }).length;
  return { text: filling.repeat(Math.floor(room / each)) + "y".repeat(room % each) };
}

async function expectNothingStored(client: WireClient, c: string): Promise<void> {
  expect((await client.say(c, "the first")).seq, "nothing was appended").toBe(2);
}

describe("a send is refused", () => {
  it("S16: with forged from, seq, ord, at or epoch: invalid", async () => {
    const { client, c, bob } = await pair();
    for (const forged of [{ from: bob }, { seq: 1 }, { ord: 1 }, { at: 1_700_000_000_000 }, { epoch: "e1" }]) {
      const answer = await client.ask({ ...message(c, "forged"), ...forged });
      expect(answer, JSON.stringify(forged)).toMatchObject({ t: "error", code: "invalid" });
      expect(answer).not.toHaveProperty("retry");
    }
    await expectNothingStored(client, c);
  });

  it("with a type that is unknown, or the gateway's own: invalid", async () => {
    const { client, c } = await pair();
    for (const type of ["poll", "", "X-upper", "constructor"]) {
      const answer = await client.ask({ ...message(c, "odd"), type });
      expect(answer, type).toMatchObject({ t: "error", code: "invalid" });
    }
    for (const type of ["meta", "member", "void"]) {
      const answer = await client.ask({ ...message(c, "forged"), type });
      expect(["invalid", "forbidden"], `${type}: ${JSON.stringify(answer)}`).toContain(answer.code);
    }
    await expectNothingStored(client, c);
  });

  it("in a reply to no message here: not_found", async () => {
    const { client, c, alice, bob } = await pair();
    const other = await scene.create(alice, [bob]);
    await client.say(other, "two");
    await client.say(other, "three");
    for (const re of [3, 999]) {
      expect(await client.ask({ ...message(c, "reply"), re })).toMatchObject({ t: "error", code: "not_found" });
    }
    expect(await client.ask({ ...message(c, "to the meta event"), re: 1 })).toMatchObject({ code: "not_found" });
    await expectNothingStored(client, c);
  });

  it("S14: into a foreign conversation: not_found, the same as into none", async () => {
    const [alice, mallory] = scene.people("alice", "mallory");
    const c = await scene.create(alice, []);
    const absent = `${c.slice(0, -1)}${c.endsWith("a") ? "b" : "a"}`;
    const client = await scene.join(mallory);
    const shapeOf = (frame: Frame, asked: string) => JSON.stringify({ ...frame, id: "" }).replaceAll(asked, "…");
    const ask = [
      (of: string) => message(of, "let me in"),
      (of: string) => ({ t: "fetch", c: of, after: 0 }),
      (of: string) => ({ t: "fetch", c: of }),
      (of: string) => ({ t: "subscribe", c: of }),
    ];
    for (const frameFor of ask) {
      const foreign = await client.ask(frameFor(c));
      const missing = await client.ask(frameFor(absent));
      expect(foreign).toMatchObject({ t: "error", code: "not_found" });
      expect(foreign).not.toHaveProperty("retry");
      expect(shapeOf(foreign, c)).toBe(shapeOf(missing, absent));
    }
    const owner = await scene.join(alice);
    await expectNothingStored(owner, c);
  });

  it("with a body over 32,768 bytes: too_large; of exactly so many it is sent", async () => {
    const { client, c, bob } = await pair();
    const reader = await scene.join(bob);
    for (const filling of ["x", "é", "😀"]) {
      const over = await client.ask({ ...message(c, ""), body: bodyOfBytes(32_769, filling) });
      expect(over, filling).toMatchObject({ t: "error", code: "too_large" });
      expect(over).not.toHaveProperty("retry");
      const body = bodyOfBytes(32_768, filling);
      expect(await client.ask({ ...message(c, ""), body }), filling).toMatchObject({ t: "sent" });
      expect((await reader.next("event")).body).toEqual(body);
    }
  });

  it("S19: with a frame over 65,536 bytes: 1009; of exactly so many it is read", async () => {
    const { client } = await pair();
    const padded = (bytes: number): string => {
      const frame = JSON.stringify({ t: "ping", n: 0, pad: "" });
      return frame.replace(`"pad":""`, `"pad":"${"x".repeat(bytes - frame.length)}"`);
    };
    client.raw(padded(65_536));
    await client.next("pong");
    client.raw(padded(65_537));
    expect((await client.closed()).code).toBe(1009);
  });

  it("S54: without a word of its content in the error", async () => {
    const { client, c } = await pair();
    const canary = "canary-5b1f";
    const refused = [
      { ...message(c, canary), from: canary },
      { ...message(c, canary), type: canary },
      { ...message(c, canary), body: { text: canary, more: "x".repeat(33_000) } },
      { ...message(c, canary), body: canary },
      { ...message(c, canary), mentions: canary },
    ];
    for (const frame of refused) {
      const answer = await client.ask(frame);
      expect(answer.t).toBe("error");
      expect(answer.message, "says something").toEqual(expect.any(String));
      expect(JSON.stringify(answer)).not.toContain(canary);
    }
    expect(textsOf(await readLog(client, c, 1))).toEqual([]);
  });
});
