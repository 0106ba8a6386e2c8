import { describe, expect, it } from "vitest";
import { PeerReader } from "./peer-reader.ts";

function readerWith(production: boolean) {
  const warnings: string[] = [];
  const note = (_fields: object, message: string) => void warnings.push(message);
  const logger = { debug: note, info: note, warn: note, error: note };
  const reader = new PeerReader({ origins: null, trustedProxies: ["10.0.0.0/8"], logger, production });
  const see = (remoteAddress: string, secure = false, headers = {}) =>
    reader.see({ headers: { host: "example.com", ...headers }, remoteAddress, secure });
  return { see, warnings };
}

describe("PeerReader", () => {
  it("S3: warns once in production of requests without TLS that came from no trusted proxy", () => {
    const { see, warnings } = readerWith(true);
    see("203.0.113.5", true);
    see("10.1.2.3");
    see("10.1.2.3", false, { "x-forwarded-proto": "https" });
    expect(warnings).toEqual([]);
    see("203.0.113.5", false, { "x-forwarded-proto": "https" });
    see("203.0.113.6");
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("trustedProxies");
    expect(warnings[0]).not.toContain("203.0.113");
  });

  it("S3: says nothing elsewhere", () => {
    const { see, warnings } = readerWith(false);
    see("203.0.113.5");
    expect(warnings).toEqual([]);
  });
});
