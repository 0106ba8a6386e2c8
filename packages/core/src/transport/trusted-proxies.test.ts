import { describe, expect, it } from "vitest";
import { ChatEngine } from "../chat-engine.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { bareAddress, trustedProxies } from "./trusted-proxies.ts";

describe("trustedProxies", () => {
  it.each([
    [["10.0.0.1"], "10.0.0.1", true],
    [["10.0.0.1"], "10.0.0.2", false],
    [["10.0.0.1"], "::ffff:10.0.0.1", true],
    [["10.0.0.1"], "::FFFF:10.0.0.1", true],
    [["::ffff:10.0.0.1"], "10.0.0.1", true],
    [["10.0.0.0/8"], "10.255.0.1", true],
    [["10.0.0.0/8"], "::ffff:10.255.0.1", true],
    [["10.0.0.0/8"], "11.0.0.1", false],
    [["::ffff:10.0.0.0/104"], "10.255.0.1", true],
    [["::ffff:10.0.0.0/104"], "11.0.0.1", false],
    [["2001:db8::/32"], "2001:db8:1::5", true],
    [["2001:db8::/32"], "2001:db9::5", false],
    [["2001:DB8::1"], "2001:db8:0:0:0:0:0:1", true],
    [["fe80::/10"], "fe80::1%eth0", true],
    [["0.0.0.0/0"], "203.0.113.5", true],
    [[], "127.0.0.1", false],
    [["10.0.0.0/8"], "", false],
    [["10.0.0.0/8"], "unknown", false],
    [["10.0.0.0/8"], "10.0.0.1, 1.2.3.4", false],
  ])("S44: %j trusts %s: %s", (entries, address, trusted) => {
    expect(trustedProxies(entries)(address)).toBe(trusted);
  });

  it.each(["proxy.internal", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "2001:db8::/129", "*", "", "10.0.0.1:80"])(
    "S44: %j is no proxy that could be trusted",
    (entry) => {
      const build = () =>
        new ChatEngine({ store: memoryStore(), authenticate: () => null, trustedProxies: ["127.0.0.1", entry] });
      expect(build).toThrow(
        expect.objectContaining({ code: "invalid", details: { field: "trustedProxies.1" } }) as Error,
      );
      expect(build).toThrow(/CIDR/);
    },
  );

  it.each(["127.0.0.1", "10.0.0.0/8", "::1", "2001:db8::/32", "::ffff:10.0.0.1"])("takes %s as an option", (entry) => {
    new ChatEngine({ store: memoryStore(), authenticate: () => null, trustedProxies: [entry] });
    expect(trustedProxies([entry])(entry.split("/")[0] ?? "")).toBe(true);
  });

  it("writes an address in one way", () => {
    expect(["::FFFF:1.2.3.4", "FE80::1%lo", "1.2.3.4", "::ffff:0102"].map(bareAddress)).toEqual([
      "1.2.3.4",
      "fe80::1",
      "1.2.3.4",
      "::ffff:0102",
    ]);
  });
});

describe("option origins", () => {
  const withOrigins =
    (...origins: string[]) =>
    () =>
      new ChatEngine({ store: memoryStore(), authenticate: () => null, origins });

  it.each(["https://example.com", "http://localhost:5173", "capacitor://localhost", "tauri://localhost", "app://-"])(
    "takes %s",
    (origin) => {
      expect(withOrigins(origin)).not.toThrow();
    },
  );

  it.each([
    "*",
    "null",
    "example.com",
    "https://example.com/",
    "https://*.example.com",
    "file://",
    "https://a.b/c",
    "capacitor://localhost/x",
    "HTTPS://EXAMPLE.COM",
  ])("S1, S4: does not take %s", (origin) => {
    expect(withOrigins(origin)).toThrow(
      expect.objectContaining({ code: "invalid", details: { field: "origins.0" } }) as Error,
    );
  });
});
