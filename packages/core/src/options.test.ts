import { LIMITS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { type ChatEngineOptions, DEFAULT_LIMITS, DEFAULT_PERMISSIONS, readOptions } from "./options.ts";
import { memoryStore } from "./store/memory-message-store.ts";

const GOOD: ChatEngineOptions = { store: memoryStore(), authenticate: () => null };

/** The option that a refusal names. */
function wrongOption(options: object): unknown {
  try {
    readOptions(options as ChatEngineOptions);
  } catch (error) {
    const { code, details, message } = error as { code: string; details: { field: string }; message: string };
    if (code !== "invalid" || !message.includes(details.field)) throw error;
    return details.field;
  }
  return null;
}

describe("readOptions", () => {
  it("needs a store and an authenticate, and has a default for all else", () => {
    expect(readOptions(GOOD)).toEqual({
      secrets: null,
      system: "system",
      retention: null,
      definition: null,
      origins: null,
      trustedProxies: [],
      onOverflow: "catch-up",
      node: null,
      limits: DEFAULT_LIMITS,
      permissions: DEFAULT_PERMISSIONS,
    });
    expect(wrongOption({ authenticate: GOOD.authenticate })).toBe("store");
    expect(wrongOption({ store: GOOD.store })).toBe("authenticate");
  });

  it.each([
    ["store", {}],
    ["store", null],
    ["store", "chat.db"],
    ["authenticate", "token"],
    ["authorize", { may: true }],
    ["definition", "chat"],
    ["system", "the host"],
    ["bus", { publish() {} }],
    ["presence", []],
    ["secret", "too short"],
    ["secret", []],
    ["secret.1", ["a secret of sixteen", "short"]],
    ["origins", "https://example.com"],
    ["origins.0", ["example.com"]],
    ["origins.0", ["https://example.com/"]],
    ["origins.0", ["https://example.com/chat"]],
    ["origins.1", ["https://example.com", "https://*.example.com/x"]],
    ["trustedProxies.0", [""]],
    ["onOverflow", "drop"],
    ["node", "a node"],
    ["node", "x".repeat(33)],
    ["limits.heartbeatMs", { heartbeatMs: 0 }],
    ["limits.heartbeatMs", { heartbeatMs: "20s" }],
    ["limits.windowFramesMax", { windowFramesMax: 1.5 }],
    ["limits.claimsBytesMax", { claimsBytesMax: 2_049 }],
    ["limits", { heartbeatMillis: 1 }],
    ["permissions", { sing: ["owner"] }],
    ["permissions.send", { send: "owner" }],
    ["permissions.send.1", { send: ["owner", "boss"] }],
    ["logger", console.log],
    ["clock", Date],
    ["random", Math],
  ] as const)("names a wrong option: %s (%#)", (field, value) => {
    const [option = ""] = field.split(".");
    expect(wrongOption({ ...GOOD, [option]: value })).toBe(field);
  });

  it("refuses options that nobody knows", () => {
    expect(wrongOption({ ...GOOD, stor: 1 })).toBe("options");
  });

  it("S54: says nothing of a value", () => {
    expect(() => readOptions({ ...GOOD, secret: "hunter2" })).toThrow(expect.not.stringContaining("hunter2"));
  });

  it("takes what is right", () => {
    const settings = readOptions({
      ...GOOD,
      secret: "a secret of sixteen",
      origins: ["https://example.com", "http://localhost:5173"],
      trustedProxies: ["10.0.0.1"],
      onOverflow: "close",
      node: "n7",
      limits: { heartbeatMs: 5_000 },
      permissions: { pin: ["member"], remove: [] },
    });
    expect(settings).toMatchObject({
      secrets: ["a secret of sixteen"],
      origins: ["https://example.com", "http://localhost:5173"],
      trustedProxies: ["10.0.0.1"],
      onOverflow: "close",
      node: "n7",
      limits: { ...DEFAULT_LIMITS, heartbeatMs: 5_000 },
      permissions: { ...DEFAULT_PERMISSIONS, pin: ["member"], remove: [] },
    });
    expect(readOptions({ ...GOOD, secret: ["one secret of sixteen", "another of sixteen"] }).secrets).toHaveLength(2);
  });

  it("is not changed by who gave it, later", () => {
    const settings = readOptions(GOOD);
    expect(Object.isFrozen(settings)).toBe(true);
    expect(Object.isFrozen(settings.limits)).toBe(true);
    expect(Object.isFrozen(settings.permissions)).toBe(true);
  });
});

describe("DEFAULT_LIMITS", () => {
  it("are those that the protocol page names", () => {
    expect(DEFAULT_LIMITS).toMatchObject({
      heartbeatMs: 20_000,
      helloWithinMs: 5_000,
      resumeGraceMs: 120_000,
      windowFramesMax: LIMITS.windowFramesMax,
      outboxFramesMax: 1_000,
      outboxBytesMax: 1_048_576,
      againAfterMs: 10_000,
      ackWithinMs: 40_000,
      drainedWithinMs: 30_000,
      overflowsApartMs: 60_000,
      inflightMax: 64,
      subscriptionsMax: 200,
      repairEventsMax: 1_000,
      sendsPerSecondMax: 100,
      sendsPerSecondPerUserMax: 200,
      sendsPerSecondPerConversationMax: 2_000,
      sendBurstSeconds: 3,
      invalidPerMinuteMax: 10,
      admissionsPerSecondMax: 2_000,
      messageWithinMs: 10_000,
      pingsPerTenSecondsMax: 20,
      controlsPerTenSecondsMax: 60,
      pollsPerTenSecondsMax: 3_000,
      membersPerCreationMax: 10_000,
      membersPerCallMax: 10_000,
      slowUpToMs: 24 * 3_600_000,
      retentionFromMs: 60_000,
    });
  });
});

describe("DEFAULT_PERMISSIONS", () => {
  it("S17: are those that the protocol page names", () => {
    const members = ["owner", "admin", "member"];
    const admins = ["owner", "admin"];
    expect(DEFAULT_PERMISSIONS).toEqual({
      send: members,
      edit: members,
      delete: members,
      react: members,
      deleteAny: admins,
      patch: admins,
      pin: admins,
      ban: admins,
      changeMembers: admins,
      changeAdmins: ["owner"],
      remove: ["owner"],
    });
  });
});
