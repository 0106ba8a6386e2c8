import { describe, expect, it } from "vitest";
import { startFailure } from "./start-failure.ts";

const settings = { port: 3_000, host: "127.0.0.1", dataDir: "/srv/chat", drainMs: 0, drainWaitMs: 0 };

describe("startFailure", () => {
  it("names what to change for what the system refuses", () => {
    const taken = Object.assign(new Error("listen EADDRINUSE: address already in use"), { code: "EADDRINUSE" });
    expect(startFailure(taken, settings)).toMatch(/^Earshot quickstart did not start: 127\.0\.0\.1:3000 .*PORT/);
    const readOnly = Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });
    expect(startFailure(readOnly, settings)).toContain("DATA_DIR (/srv/chat)");
  });

  it("is one sentence with one full stop whatever was thrown", () => {
    const expected = "Earshot quickstart did not start: unable to open store; it is damaged.";
    expect(startFailure(new Error("unable to open store; it is damaged"), settings)).toBe(expected);
    expect(startFailure(new Error("unable to open store; it is damaged.\n    at f (x.js:1:1)"), null)).toBe(expected);
    expect(startFailure("odd", null)).toBe("Earshot quickstart did not start: odd.");
  });
});
