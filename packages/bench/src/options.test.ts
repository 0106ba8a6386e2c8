import { describe, expect, it } from "vitest";
import { readOptions } from "./options.ts";
import { SCENARIOS } from "./scenarios/scenarios.ts";

const read = (...args: string[]) => readOptions(args, SCENARIOS);

describe("readOptions", () => {
  it("runs five times, at the scenario's own size, unless told otherwise", () => {
    const { scenario, options } = read("fanout");
    expect(scenario.name).toBe("fanout");
    expect(options).toMatchObject({ peers: null, runs: 5, n: null, rate: null, full: false, json: false });
  });

  it("takes what it is told", () => {
    const { options } = read(
      "rooms",
      "--peers",
      "earshot,socket.io",
      "--runs",
      "1",
      "--n",
      "20",
      "--rate",
      "10",
      "--json",
    );
    expect(options).toMatchObject({ peers: ["earshot", "socket.io"], runs: 1, n: 20, rate: 10, json: true });
  });

  it("names what there is where it is asked for what there is not", () => {
    expect(() => read()).toThrow(/fanout: /);
    expect(() => read("fan-out")).toThrow(/no scenario fan-out.*\n.*fanout: /);
    expect(() => read("fanout", "--peers", "earshot,sockjs")).toThrow(/no peer sockjs; it knows earshot, .*aedes/);
    expect(() => read("fanout", "rooms")).toThrow(/One scenario at a time/);
  });

  it.each([["--runs"], ["--n"], ["--rate"]])("%s must be a whole number", (flag) => {
    for (const word of ["0", "1.5", "many", "99999999"]) expect(() => read("fanout", flag, word)).toThrow(flag);
  });
});
