import { type BodySchema, defineChat } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { silentLogger } from "../system/silent-logger.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { DefinitionCheck } from "./definition-check.ts";

/** Objects in which `field` is a text. */
const textIn = (field: string): BodySchema => ({
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof (value as Record<string, unknown>)[field] === "string"
        ? { value: value as Record<string, unknown> }
        : { issues: [{ message: `secret ${JSON.stringify(value)}`, path: [{ key: "outer" }, field] }] },
  },
});

const definition = defineChat({
  message: textIn("text"),
  meta: textIn("topic"),
  events: { "x-poll": textIn("question") },
});
const house = { clock: new ManualClock(), logger: silentLogger, limits: { hookWithinMs: 1_000 } };
const check = new DefinitionCheck({ ...house, definition });

const send = (type: "message" | `x-${string}`, body: Record<string, unknown>) =>
  check.draft("send", { conversation: "c1", id: "m1", type, body });
const create = (meta: Record<string, unknown> | null) =>
  check.draft("create", { kind: "group", id: null, members: [], title: null, meta, open: false });
const refused = expect.objectContaining({ code: "invalid" });

describe("DefinitionCheck", () => {
  it("lets through what is as defined", async () => {
    await send("message", { text: "hi", more: 1 });
    await send("x-poll", { question: "?" });
    await check.draft("edit", { conversation: "c1", id: "m1", re: 2, body: { text: "hi" } });
    await create({ topic: "lunch" });
    await create(null);
    await check.meta({ topic: "lunch" });
  });

  it("refuses what is not, and says where but not what (S54)", async () => {
    const error = await send("message", { text: 17 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "invalid", details: { path: "outer.text" } });
    expect(String(error)).not.toMatch(/secret|17/);
    await expect(send("x-poll", {})).rejects.toEqual(refused);
    await expect(check.draft("edit", { conversation: "c1", id: "m1", re: 2, body: {} })).rejects.toEqual(refused);
    await expect(create({})).rejects.toEqual(refused);
    await expect(check.meta({ topic: 1 })).rejects.toEqual(refused);
  });

  it.each(["x-other", "x-constructor", "x-"] as const)(
    "refuses a type that the definition does not name: %s",
    async (type) => {
      await expect(send(type, { question: "?" })).rejects.toEqual(refused);
    },
  );

  it("covers the steps that it has schemas for, and no others", () => {
    const covered = (given: Parameters<typeof defineChat>[0]) => {
      const one = new DefinitionCheck({ ...house, definition: defineChat(given) });
      return (["send", "edit", "delete", "create", "join"] as const).filter((step) => one.covers(step));
    };
    expect(covered({})).toEqual([]);
    expect(covered({ message: textIn("text") })).toEqual(["send", "edit"]);
    expect(covered({ meta: textIn("topic") })).toEqual(["create"]);
    expect(covered({ events: { "x-poll": textIn("question") } })).toEqual(["send"]);
    expect(new DefinitionCheck({ ...house, definition: null }).covers("send")).toBe(false);
  });

  it("waits for a schema that takes its time, within bounds; one that throws is the server's fault", async () => {
    const clock = new ManualClock();
    const slow: BodySchema = { "~standard": { version: 1, vendor: "slow", validate: () => new Promise(() => {}) } };
    const broken: BodySchema = {
      "~standard": {
        version: 1,
        vendor: "broken",
        validate: () => {
          throw new Error("secret");
        },
      },
    };
    const one = new DefinitionCheck({ ...house, clock, definition: { message: slow, meta: broken } });
    const waiting = one
      .draft("edit", { conversation: "c1", id: "m1", re: 2, body: {} })
      .catch((error: unknown) => error);
    await clock.advance(1_000);
    expect(await waiting).toMatchObject({ code: "unavailable", retryAfterMs: 1_000 });
    await expect(one.meta({})).rejects.toEqual(expect.objectContaining({ code: "internal" }));
  });
});
