import { describe, expect, it } from "vitest";
import { systemsOf } from "./choices.ts";
import { readOptions } from "./options.ts";

describe("readOptions", () => {
  it("is a cluster of three on Postgres alone if nothing is said", () => {
    const options = readOptions([]);
    expect(options).toEqual({
      store: "postgres",
      bus: "postgres",
      presence: "postgres",
      nodes: 3,
      port: 4101,
      drainMs: 2000,
      json: false,
    });
    expect(systemsOf(options)).toEqual(["postgres"]);
  });

  it("takes every store, bus and presence together", () => {
    for (const store of ["postgres", "redis"]) {
      for (const bus of ["postgres", "redis", "redis-streams", "nats", "jetstream"]) {
        for (const presence of ["postgres", "redis", "nats"]) {
          const words = ["--store", store, "--bus", bus, "--presence", presence, "--nodes", "2", "--json"];
          expect(readOptions(words)).toMatchObject({ store, bus, presence, nodes: 2, json: true });
        }
      }
    }
  });

  it("puts presence where the bus is, and both where the store is", () => {
    expect(readOptions(["--bus", "jetstream"])).toMatchObject({ store: "postgres", presence: "nats" });
    expect(readOptions(["--store", "redis"])).toMatchObject({ bus: "redis", presence: "redis" });
    expect(systemsOf(readOptions(["--store", "postgres", "--bus", "nats", "--presence", "redis"]))).toEqual([
      "postgres",
      "nats",
      "redis",
    ]);
  });

  it.each([
    ["--store sqlite", /--store sqlite .*one process.*postgres, redis/],
    ["--store memory", /--store memory .*one process/],
    ["--bus memory", /--bus memory .*one process.*jetstream/],
    ["--presence memory", /--presence memory .*one process/],
    ["--store mongo", /--store mongo .*no such/],
    ["--bus kafka", /--bus kafka .*no such/],
    ["--presence jetstream", /--presence jetstream .*no such/],
    ["--store toString", /--store toString .*no such/],
    ["--nodes 0", /--nodes /],
    ["--nodes 17", /--nodes /],
    ["--nodes 2.5", /--nodes /],
    ["--port 0", /--port /],
    ["--drain-ms -1", /drain-ms/],
    ["--shards 3", /--shards/],
    ["three", /three/],
  ])("refuses %s and says why", (words, why) => {
    expect(() => readOptions(words.split(" "))).toThrow(why);
  });
});
