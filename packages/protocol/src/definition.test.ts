import { describe, expect, it } from "vitest";
import { type BodySchema, defineChat } from "./definition.ts";

const schema: BodySchema = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => ({ value: value as object as Record<string, unknown> }),
  },
};

describe("defineChat", () => {
  it("gives the definition back, frozen", () => {
    const definition = defineChat({ message: schema, meta: schema, events: { "x-poll": schema } });
    expect(definition).toEqual({ message: schema, meta: schema, events: { "x-poll": schema } });
    expect(Object.isFrozen(definition)).toBe(true);
    expect(defineChat({})).toEqual({});
  });

  it.each([
    [{ message: {} }, "message"],
    [{ message: () => true }, "message"],
    [{ meta: { "~standard": { version: 2, validate: () => ({ value: {} }) } } }, "meta"],
    [{ events: { "x-poll": null } }, "x-poll"],
    [{ events: { poll: schema } }, "poll"],
    [{ events: { "x-a b": schema } }, "x-a b"],
    [{ messages: schema }, "messages"],
  ])("refuses %j, and names what is wrong with it", (definition, field) => {
    const define = defineChat as (definition: unknown) => unknown;
    expect(() => define(definition)).toThrow(expect.objectContaining({ code: "invalid", details: { field } }));
  });

  it("takes a schema that is a function, as some libraries make them", () => {
    const callable = Object.assign(() => true, schema);
    expect(defineChat({ message: callable }).message).toBe(callable);
  });
});
