import { describe, expect, it } from "vitest";
import { durabilityOf, requireDurability } from "./check-server.ts";

const SAFE = {
  version: 150_000,
  encoding: "UTF8",
  standby: false,
  fsync: "on",
  pages: "on",
  commit: "on",
  standbys: "",
};

describe("durability of the server's settings", () => {
  it("I1: is never more than they promise", () => {
    expect(durabilityOf(SAFE)).toBe("fsync");
    for (const less of [{ fsync: "off" }, { pages: "off" }, { commit: "off" }]) {
      expect(durabilityOf({ ...SAFE, standbys: "one", ...less })).toBe("process");
    }
    for (const commit of ["on", "remote_write", "remote_apply"]) {
      expect(durabilityOf({ ...SAFE, commit, standbys: "ANY 1 (a, b)" })).toBe("replicated");
      expect(durabilityOf({ ...SAFE, commit, standbys: " " })).toBe("fsync");
    }
    expect(durabilityOf({ ...SAFE, commit: "local", standbys: "one" })).toBe("fsync");
  });

  it("is refused below what is asked for", () => {
    requireDurability("process", undefined);
    requireDurability("replicated", "fsync");
    expect(() => requireDurability("process", "fsync")).toThrow(expect.objectContaining({ code: "invalid" }));
    expect(() => requireDurability("fsync", "replicated")).toThrow("synchronous_standby_names");
  });
});
