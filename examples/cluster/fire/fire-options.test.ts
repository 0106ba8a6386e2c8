import { describe, expect, it } from "vitest";
import { readFireOptions } from "./fire-options.ts";

const pairsOf = (words: string): readonly string[] =>
  readFireOptions(words.split(" ").filter(Boolean)).pairs.map(
    ({ store, bus, presence }) => `${store} ${bus} ${presence}`,
  );

describe("readFireOptions", () => {
  it("is every store with every system's bus", () => {
    expect(pairsOf("")).toEqual([
      "postgres postgres postgres",
      "postgres redis redis",
      "postgres nats nats",
      "redis postgres postgres",
      "redis redis redis",
      "redis nats nats",
    ]);
    expect(readFireOptions([])).toMatchObject({ sends: 5000, herd: 1000, seed: 1, json: false });
  });

  it("is those of the one that is named, or one pair", () => {
    expect(pairsOf("--store redis")).toHaveLength(3);
    expect(pairsOf("--bus jetstream")).toEqual(["postgres jetstream nats", "redis jetstream nats"]);
    expect(pairsOf("--store redis --bus redis-streams")).toEqual(["redis redis-streams redis"]);
  });

  it.each([
    "--store sqlite",
    "--bus memory",
    "--sends many",
    "--herd 5001",
    "--seed -1",
    "--control",
    "--control --store redis",
    "now",
  ])("refuses %s", (words) => {
    expect(() => readFireOptions(words.split(" "))).toThrow();
  });
});
