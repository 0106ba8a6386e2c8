import { utf8Bytes } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { copiedJson } from "./copied-json.ts";

/** Values as JSON has them, and some that only JavaScript tells apart. */
function anyValue(random: SeededRandom, depth = 0): unknown {
  const pick = Math.floor(random.float() * (depth > 3 ? 5 : 7));
  const text = (): string => {
    const letters = ["a", '"', "\\", "\u0001", "\u007f", "é", "€", "😀", "\n"];
    return Array.from({ length: Math.floor(random.float() * 8) }, () => {
      return letters[Math.floor(random.float() * letters.length)];
    }).join("");
  };
  const many = <Each>(make: () => Each): Each[] => Array.from({ length: Math.floor(random.float() * 4) }, make);
  switch (pick) {
    case 0:
      return text();
    case 1:
      return [-0, 0, 1, -1.5, 1e300, 5e-324, Number.MAX_SAFE_INTEGER][Math.floor(random.float() * 7)];
    case 2:
      return random.float() < 0.5;
    case 3:
      return null;
    case 4:
      return -random.float();
    case 5:
      return many(() => anyValue(random, depth + 1));
    default:
      return Object.fromEntries(
        many(() => [text(), random.float() < 0.2 ? undefined : anyValue(random, depth + 1)] as const),
      );
  }
}

describe("copiedJson", () => {
  it.each(Array.from({ length: 200 }, (_, seed) => seed))("gives what the parser would (seed %i)", (seed) => {
    const value = { value: anyValue(new SeededRandom(seed)) };
    const text = JSON.stringify(value);
    const size = { characters: 0 };
    const copy = copiedJson(value, size);
    expect(copy).toStrictEqual(JSON.parse(text));
    expect(JSON.stringify(copy)).toBe(text);
    expect(size.characters * 3).toBeGreaterThanOrEqual(utf8Bytes(text));
  });

  it("shares nothing that could be changed", () => {
    const value = { list: [{ deep: 1 }] };
    const copy = copiedJson(value, { characters: 0 });
    value.list[0] = { deep: 2 };
    expect(copy).toEqual({ list: [{ deep: 1 }] });
  });
});
