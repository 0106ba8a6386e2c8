import { describe, expect, it } from "vitest";
import { type RawRequest, seeRequest } from "./origin.ts";
import { trustedProxies as proxies } from "./trusted-proxies.ts";

/** With whether its Origin may connect, in a word. */
const see = (
  headers: Record<string, string | undefined>,
  policy: { origins?: readonly string[]; trustedProxies?: readonly string[] } = {},
  remoteAddress = "203.0.113.5",
  secure = false,
) => {
  const request: RawRequest = { headers, remoteAddress, secure };
  const seen = seeRequest(request, { origins: policy.origins ?? null, trusts: proxies(policy.trustedProxies ?? []) });
  return { ...seen, originAllowed: seen.refusal === null };
};

describe("seeRequest: an Origin, by default the request's own host", () => {
  it.each([
    ["https://example.com", "example.com", true],
    ["https://example.com:8443", "example.com:8443", true],
    ["http://localhost:3000", "localhost:3000", true],
    ["http://[::1]:3000", "[::1]:3000", true],
    ["https://evil.com", "example.com", false],
    ["https://example.com.evil.com", "example.com", false],
    ["https://evilexample.com", "example.com", false],
    ["https://example.com:444", "example.com", false],
    ["https://example.com", "example.com:444", false],
    ["https://example.com@evil.com", "example.com", false],
    ["https://sub.example.com", "example.com", false],
    ["null", "example.com", false],
    ["", "example.com", false],
    ["example.com", "example.com", false],
    ["https://", "example.com", false],
    ["javascript:alert(1)", "example.com", false],
    ["file://", "example.com", false],
    ["https://example.com", undefined, false],
    ["null", undefined, false],
    ["", undefined, false],
    ["file://", undefined, false],
    ["file://", "", false],
  ] as const)("S1, S2: %j at host %j: %s", (origin, host, allowed) => {
    expect(see({ origin, host }).originAllowed).toBe(allowed);
  });

  it("S2: lets in who has none", () => {
    expect(see({ host: "example.com" })).toMatchObject({ originAllowed: true, peer: { origin: null } });
  });
});

describe("seeRequest: a list of origins", () => {
  const origins = ["https://example.com", "http://localhost:5173"];
  it.each([
    ["https://example.com", true],
    ["http://localhost:5173", true],
    ["http://example.com", false],
    ["https://example.com:443", false],
    ["https://EXAMPLE.com", false],
    ["https://example.com/", false],
    ["https://sub.example.com", false],
    ["https://example.com.evil.com", false],
    ["null", false],
    ["*", false],
  ])("S1, S2: is compared exactly: %s: %s", (origin, allowed) => {
    expect(see({ origin, host: "example.com" }, { origins }).originAllowed).toBe(allowed);
  });

  it("S1: does not let in the request's own host where that is not in it", () => {
    expect(see({ origin: "https://other.com", host: "other.com" }, { origins }).originAllowed).toBe(false);
  });
});

describe("seeRequest: cookies", () => {
  it("S1: are seen only with an Origin that is allowed", () => {
    const cookie = "session=1";
    expect(see({ origin: "https://example.com", host: "example.com", cookie }).peer.headers).toMatchObject({ cookie });
    expect(see({ host: "example.com", cookie }).peer.headers).not.toHaveProperty("cookie");
    expect(see({ origin: "https://evil.com", host: "example.com", cookie }).peer.headers).not.toHaveProperty("cookie");
  });

  it("S2: are seen without an Origin where the browser says that a page of this server asks", () => {
    const cookie = "session=1";
    const get = (site: string, policy = {}) =>
      see({ host: "example.com", cookie, "sec-fetch-site": site }, policy).peer.headers["cookie"];
    expect(get("same-origin")).toBe(cookie);
    for (const site of ["same-site", "cross-site", "none", ""]) expect(get(site)).toBe(undefined);
    expect(get("same-origin", { origins: ["https://app.example"] })).toBe(undefined);
    expect(get("same-origin", { origins: ["https://app.example", "https://example.com"] })).toBe(cookie);
  });

  it("leaves all other headers as they are", () => {
    const headers = { host: "example.com", "user-agent": "x", "x-tenant": "7" };
    expect(see(headers).peer.headers).toEqual(headers);
  });
});

describe("seeRequest: addresses", () => {
  const trustedProxies = ["10.0.0.1", "10.0.0.2"];
  it.each([
    { from: "203.0.113.5", forwarded: undefined, address: "203.0.113.5" },
    { from: "::ffff:203.0.113.5", forwarded: undefined, address: "203.0.113.5" },
    { from: "2001:db8::1", forwarded: undefined, address: "2001:db8::1" },
    // Nobody's word is taken but a proxy's.
    { from: "203.0.113.5", forwarded: "1.2.3.4", address: "203.0.113.5" },
    { from: "10.0.0.1", forwarded: "1.2.3.4", address: "1.2.3.4" },
    { from: "::ffff:10.0.0.1", forwarded: "1.2.3.4", address: "1.2.3.4" },
    { from: "10.0.0.1", forwarded: "1.2.3.4, 10.0.0.2", address: "1.2.3.4" },
    // What the client itself put in front.
    { from: "10.0.0.1", forwarded: "6.6.6.6, 1.2.3.4", address: "1.2.3.4" },
    { from: "10.0.0.1", forwarded: "10.0.0.2", address: "10.0.0.1" },
    { from: "10.0.0.1", forwarded: undefined, address: "10.0.0.1" },
    { from: "10.0.0.1", forwarded: "1.2.3.4:5678", address: "1.2.3.4" },
    { from: "10.0.0.1", forwarded: "[2001:DB8::1]:5678", address: "2001:db8::1" },
    { from: "10.0.0.1", forwarded: "::ffff:1.2.3.4", address: "1.2.3.4" },
    { from: "10.0.0.1", forwarded: "unknown", address: "10.0.0.1" },
    { from: "10.0.0.1", forwarded: "", address: "10.0.0.1" },
  ])("S44: from $from with X-Forwarded-For $forwarded: $address", ({ from, forwarded, address }) => {
    expect(see({ host: "example.com", "x-forwarded-for": forwarded }, { trustedProxies }, from).peer.address).toBe(
      address,
    );
  });

  it("S44: believes X-Forwarded-Host of a trusted proxy alone", () => {
    const headers = { origin: "https://example.com", host: "internal:3000", "x-forwarded-host": "example.com" };
    expect(see(headers, { trustedProxies }, "10.0.0.1").originAllowed).toBe(true);
    expect(see(headers, { trustedProxies }, "203.0.113.5").originAllowed).toBe(false);
    expect(
      see({ ...headers, "x-forwarded-host": "evil.com, example.com" }, { trustedProxies }, "10.0.0.1").originAllowed,
    ).toBe(true);
  });

  it("S3: takes X-Forwarded-Proto of a trusted proxy alone", () => {
    const https = { host: "example.com", "x-forwarded-proto": "https" };
    const http = { host: "example.com", "x-forwarded-proto": "http" };
    expect(see(https, { trustedProxies }, "203.0.113.5").secure).toBe(false);
    expect(see(https, { trustedProxies }, "10.0.0.1").secure).toBe(true);
    expect(see({ host: "example.com" }, { trustedProxies }, "10.0.0.1").secure).toBe(true);
    expect(see(http, { trustedProxies }, "10.0.0.1").secure).toBe(false);
    expect(see(http, {}, "203.0.113.5", true).secure).toBe(true);
  });
});

describe("seeRequest: what a refusal says", () => {
  it("S1: names the Origin and the option", () => {
    const { refusal } = see({ origin: "https://evil.com", host: "example.com" });
    expect(refusal).toContain("https://evil.com");
    expect(refusal).toContain("option origins");
    expect(refusal).toContain("option trustedProxies");
    const listed = see({ origin: "https://evil.com" }, { origins: ["https://example.com"] }).refusal;
    expect(listed).toContain("https://evil.com is not one of option origins");
    expect(listed).not.toContain("example.com is");
  });

  it.each([
    "null",
    "",
    "<script>alert(1)</script>",
    "https://evil.com/secret",
    `https://${"x".repeat(300)}.com`,
    "a b",
  ])("S1: repeats no more than an origin: %s", (origin) => {
    const { refusal } = see({ origin, host: "example.com" });
    expect(refusal).toContain("option origins");
    if (origin !== "") expect(refusal).not.toContain(`Origin ${origin}`);
  });

  it("S4: gives away who is listed only to who is", () => {
    const origins = ["https://example.com", "capacitor://localhost"];
    expect(see({ origin: "capacitor://localhost" }, { origins }).listed).toBe("capacitor://localhost");
    expect(see({ origin: "capacitor://localhost", host: "localhost" }).listed).toBe(null);
    expect(see({ origin: "capacitor://localhost", host: "localhost" }).originAllowed).toBe(false);
    expect(see({ origin: "https://evil.com" }, { origins }).listed).toBe(null);
    expect(see({}, { origins }).listed).toBe(null);
    expect(see({ origin: "https://example.com", host: "example.com" }).listed).toBe(null);
  });
});
