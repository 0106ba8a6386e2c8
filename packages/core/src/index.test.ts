import { describe, expect, it } from "vitest";
import * as core from "./index.ts";

describe("the entry of @earshot/core", () => {
  it("is what an adopter sees, written by hand", () => {
    expect(Object.keys(core).sort()).toEqual([
      "ChatEngine",
      "ChatError",
      "DEFAULT_LIMITS",
      "DEFAULT_PERMISSIONS",
      "MemoryBusHub",
      "MemoryPresenceRegistry",
      "isChatError",
      "membersPolicy",
      "memoryBus",
      "memoryPresence",
      "memoryStore",
      "refuse",
      "systemClock",
      "systemRandom",
    ]);
  });

  it("shows of a ChatEngine what the host's view names", () => {
    const methods = Object.getOwnPropertyNames(core.ChatEngine.prototype).sort();
    expect(methods).toEqual([
      "as",
      "attach",
      "before",
      "close",
      "constructor",
      "drain",
      "erase",
      "export",
      "fetch",
      "follow",
      "handleUpgrade",
      "import",
      "kick",
      "node",
      "on",
      "presence",
      "revoke",
      "start",
      "system",
    ]);
  });
});
