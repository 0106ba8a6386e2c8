import { describe, expect, it } from "vitest";
import { isId, isUserId } from "./ids.ts";
import { LIMITS } from "./limits.ts";

const ofAll = "AZaz09._:~-";
const longest = "a".repeat(LIMITS.idCharactersMax);
const neither = [
  "",
  `${longest}a`,
  "a b",
  "a/b",
  "a\\b",
  "a\n",
  "\na",
  "ä",
  "a%20b",
  "a#b",
  "日",
  "👍",
  1,
  null,
  undefined,
  ["a"],
  {},
];

describe("isId", () => {
  it.each([ofAll, longest, "-", "0"])("takes %j", (id) => {
    expect(isId(id)).toBe(true);
  });

  it.each([...neither, "a|b", "a@b", "a+b", "a=b"])("refuses %j", (id) => {
    expect(isId(id)).toBe(false);
  });
});

describe("isUserId", () => {
  it.each([ofAll, longest, "auth0|5f7c", "a+b=c@example.com"])("takes %j", (id) => {
    expect(isUserId(id)).toBe(true);
  });

  it.each(neither)("refuses %j", (id) => {
    expect(isUserId(id)).toBe(false);
  });
});
