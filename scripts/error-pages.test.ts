import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type LocalErrorCode, WIRE_ERRORS } from "@earshot/protocol";
import { describe, expect, it } from "vitest";

const PAGES = fileURLToPath(new URL("../docs/errors/", import.meta.url));
const LOCAL: Readonly<Record<LocalErrorCode, true>> = {
  offline: true,
  aborted: true,
  timeout: true,
  closed: true,
  storage: true,
};

describe("the error pages in docs/errors", () => {
  it("are one for each code", () => {
    const codes = [...Object.keys(WIRE_ERRORS), ...Object.keys(LOCAL)].map((code) => `${code}.md`);
    expect(readdirSync(PAGES).sort()).toEqual([...codes, "README.md"].sort());
  });

  it("say of each its status, whether it may succeed later, and what to do", () => {
    const index = readFileSync(`${PAGES}README.md`, "utf8");
    for (const [code, { http, retryable }] of Object.entries(WIRE_ERRORS)) {
      const page = readFileSync(`${PAGES}${code}.md`, "utf8");
      expect([code, page]).toEqual([code, expect.stringContaining(`HTTP ${http};`)]);
      expect([code, page.includes("May succeed later")]).toEqual([code, retryable]);
      expect([code, page]).toEqual([code, expect.stringContaining("**What to do.**")]);
      expect(index).toContain(`(${code}.md)`);
    }
  });
});
