import { isChatError, LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { DEFAULT_PERMISSIONS } from "../options.ts";
import { type Draft, entryOf } from "./draft.ts";

const MEMBERS = ["owner", "admin", "member"];
const BODY = { text: "hi" };

const entry = (draft: Partial<Draft>) => entryOf({ id: "m1", c: "c1", type: "message", ...draft }, DEFAULT_PERMISSIONS);

const codeOf = (draft: Partial<Draft>): string => {
  try {
    entry(draft);
    return "taken";
  } catch (error) {
    return isChatError(error) ? error.code : String(error);
  }
};

describe("entryOf", () => {
  it("takes a message and an event of the host's own as they were sent", () => {
    const fields = { re: 2, mentions: ["bob"], slot: "mls", expect: 0, body: BODY } as const;
    for (const type of ["message", "x-note"] as const) {
      expect(entry({ type, ...fields })).toEqual({ type, ...fields, by: MEMBERS });
    }
    expect(entry({ body: BODY })).toEqual({ type: "message", body: BODY, by: MEMBERS });
  });

  it("S17: lets the author alone edit, and only what stands", () => {
    expect(entry({ type: "edit", re: 2, body: BODY, mentions: "all" })).toEqual({
      type: "edit",
      re: 2,
      body: BODY,
      target: { authorOr: [], live: true },
      by: MEMBERS,
    });
  });

  it("S17: lets author, admin and owner delete, without a body, as often as they like", () => {
    const { by, ...rest } = entry({ type: "delete", re: 2, body: BODY, mentions: ["bob"] });
    expect(rest).toEqual({ type: "delete", re: 2, target: { authorOr: ["owner", "admin"] } });
    expect(new Set(by)).toEqual(new Set(MEMBERS));
  });

  it("takes a reaction to what stands, with its key", () => {
    expect(entry({ type: "react", re: 2, body: { key: "👍", on: false }, mentions: ["bob"] })).toEqual({
      type: "react",
      re: 2,
      body: { key: "👍", on: false },
      target: { live: true },
      reaction: { key: "👍", on: false },
      by: MEMBERS,
    });
  });

  it.each(["edit", "delete", "react"] as const)("refuses a target that is missing: %s", (type) => {
    expect(codeOf({ type, body: { key: "k", on: true } })).toBe("invalid");
  });

  it.each([
    [undefined, "invalid"],
    [{}, "invalid"],
    [{ key: "", on: true }, "invalid"],
    [{ key: 1, on: true }, "invalid"],
    [{ key: "k" }, "invalid"],
    [{ key: "k", on: 1 }, "invalid"],
    [{ key: "k".repeat(LIMITS.reactionKeyCharactersMax), on: true }, "taken"],
    [{ key: "k".repeat(LIMITS.reactionKeyCharactersMax + 1), on: true }, "invalid"],
  ])("takes a reaction only of the right shape (%#)", (body, code) => {
    expect(codeOf({ type: "react", re: 2, ...(body === undefined ? {} : { body }) })).toBe(code);
  });

  it("refuses to expect something of no slot", () => {
    expect(codeOf({ body: BODY, expect: 0 })).toBe("invalid");
    expect(codeOf({ body: BODY, slot: "mls" })).toBe("taken");
  });

  it("asks the host's table who may", () => {
    const may = { ...DEFAULT_PERMISSIONS, edit: ["reader"], deleteAny: [], delete: ["reader"], react: [] } as const;
    const draft = { id: "m1", c: "c1", re: 2, body: { key: "k", on: true } } as const;
    expect(entryOf({ ...draft, type: "edit" }, may).by).toEqual(["reader"]);
    expect(entryOf({ ...draft, type: "delete" }, may)).toMatchObject({ by: ["reader"], target: { authorOr: [] } });
    expect(entryOf({ ...draft, type: "react" }, may).by).toEqual([]);
  });
});
