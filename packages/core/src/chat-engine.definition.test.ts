import { defineChat } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { TestEngine } from "./testing/test-engine.ts";

const definition = defineChat({
  message: z.strictObject({ text: z.string().max(10) }),
  meta: z.object({ topic: z.string() }),
  events: { "x-poll": z.object({ options: z.array(z.string()) }) },
});

async function start() {
  const engine = await TestEngine.start({ definition });
  await engine.create("alice", "c1", ["bob"]);
  return { engine, alice: await engine.join("alice") };
}

const frame = (id: string, type: "message" | `x-${string}`, body: Record<string, unknown>) =>
  ({ t: "send", id, c: "c1", type, body }) as const;

describe("ChatEngine with a definition", () => {
  it("takes what is as defined, and refuses the rest with invalid, over frames and HTTP alike", async () => {
    const { engine, alice } = await start();
    expect(await alice.ask(frame("m1", "message", { text: "hi" }), "sent")).toMatchObject({ seq: 2 });
    expect(await alice.ask(frame("m2", "x-poll", { options: ["a"] }), "sent")).toMatchObject({ seq: 3 });
    for (const [id, type, body] of [
      ["m3", "message", { text: 1 }],
      ["m4", "message", { text: "x".repeat(11) }],
      ["m5", "message", { text: "hi", more: true }],
      ["m6", "x-poll", { text: "hi" }],
      ["m7", "x-other", { options: [] }],
    ] as const) {
      const { code, retry } = await alice.ask(frame(id, type, body), "error");
      expect([id, code, retry]).toEqual([id, "invalid", undefined]);
      const response = await engine.call("alice", "POST", "/conversations/c1/messages", { id, type, body });
      expect([id, response.status]).toEqual([id, 400]);
    }
    const edit = { t: "send", id: "m8", c: "c1", type: "edit", re: 2, body: { text: 1 } } as const;
    expect((await alice.ask(edit, "error")).code).toBe("invalid");
    await engine.close();
  });

  it("holds a conversation's meta to it, at its creation and later", async () => {
    const { engine } = await start();
    const create = (id: string, meta?: unknown) =>
      engine.call("alice", "POST", "/conversations", { kind: "group", id, ...(meta === undefined ? {} : { meta }) });
    expect((await create("c2", { topic: 1 })).status).toBe(400);
    expect((await create("c2", { topic: "lunch" })).status).toBe(201);
    expect((await create("c3")).status).toBe(201);
    const patch = (meta: unknown) => engine.call("alice", "PATCH", "/conversations/c2", { meta });
    expect((await patch({ topic: 1 })).status).toBe(400);
    expect((await patch({ topic: "dinner" })).status).toBe(200);
    expect((await patch(null)).status).toBe(200);
    await engine.close();
  });

  it("I4: answers a repeat of what is stored, whatever the definition says by now", async () => {
    let longest = 10;
    const message = z.object({ text: z.string().refine((text) => text.length <= longest) });
    const engine = await TestEngine.start({ definition: defineChat({ message }) });
    await engine.create("alice", "c1", ["bob"]);
    const alice = await engine.join("alice");
    expect(await alice.ask(frame("m1", "message", { text: "hi" }), "sent")).toMatchObject({ seq: 2 });
    longest = 1;
    expect(await alice.ask(frame("m1", "message", { text: "hi" }), "sent")).toMatchObject({ seq: 2, dup: true });
    expect((await alice.ask(frame("m2", "message", { text: "hi" }), "error")).code).toBe("invalid");
    await engine.close();
  });

  it("I3: refuses with internal what a hook makes of it, and writes nothing", async () => {
    const { engine, alice } = await start();
    engine.chat.before("send", () => ({ body: { text: "longer than ten characters" } }));
    expect((await alice.ask(frame("m1", "message", { text: "hi" }), "error")).code).toBe("internal");
    expect(await alice.ask({ t: "fetch", id: "r1", c: "c1", after: 1 }, "events")).toMatchObject({
      head: 1,
      events: [],
    });
    await engine.close();
  });

  it("takes nothing over of what a schema makes of a body", async () => {
    const loose = { message: z.object({ text: z.string().default("x") }) } as unknown as typeof definition;
    const engine = await TestEngine.start({ definition: loose });
    await engine.create("alice", "c1", ["bob"]);
    const [alice, bob] = [await engine.join("alice"), await engine.join("bob")];
    await alice.ask(frame("m1", "message", { other: 1 }), "sent");
    expect(bob.events("c1")).toMatchObject([{ body: { other: 1 } }]);
    await engine.close();
  });

  it("is refused at start where it is none, naming the field", () => {
    const wrong = { message: {} } as unknown as typeof definition;
    expect(() => new TestEngine({ definition: wrong })).toThrow(expect.objectContaining({ code: "invalid" }));
  });
});
