import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { readSettings } from "./settings.ts";

describe("readSettings", () => {
  it("has a default for each variable, also for one that is set to nothing", () => {
    const expected = { port: 3_000, host: "127.0.0.1", dataDir: resolve("data"), drainMs: 2_000, drainWaitMs: 0 };
    expect(readSettings({})).toEqual(expected);
    expect(readSettings({ PORT: "", HOST: " ", DATA_DIR: "", DRAIN_MS: "", DRAIN_WAIT_MS: "" })).toEqual(expected);
  });

  it("takes what is given, and makes the directory absolute", () => {
    const env = { PORT: "0", HOST: "::1", DATA_DIR: "here/there", DRAIN_MS: "0", DRAIN_WAIT_MS: "5000" };
    const expected = { port: 0, host: "::1", dataDir: resolve("here/there"), drainMs: 0, drainWaitMs: 5_000 };
    expect(readSettings(env)).toEqual(expected);
  });

  it.each(["abc", "65536", "-1", "3000.5", "1e3", "0x10", "30 00"])("names PORT when it is %j", (PORT) => {
    expect(() => readSettings({ PORT })).toThrow(/^PORT /);
  });

  it.each(["abc", "-1", "1.5", "600001"])("names DRAIN_MS and DRAIN_WAIT_MS when they are %j", (ms) => {
    expect(() => readSettings({ DRAIN_MS: ms })).toThrow(/^DRAIN_MS /);
    expect(() => readSettings({ DRAIN_WAIT_MS: ms })).toThrow(/^DRAIN_WAIT_MS /);
  });

  it.each(["a b", "http://x", "x/y"])("names HOST when it is %j", (HOST) => {
    expect(() => readSettings({ HOST })).toThrow(/^HOST /);
  });
});
