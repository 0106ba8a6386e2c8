import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeDirectory } from "./make-directory.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "earshot-make-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe("makeDirectory", () => {
  it("makes what is missing, and does nothing the second time", () => {
    const path = join(root, "a/b/c");
    makeDirectory(path);
    makeDirectory(path);
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it("throws where a file is in the way, and where nothing can be made", () => {
    writeFileSync(join(root, "file"), "");
    expect(() => makeDirectory(join(root, "file"))).toThrow(/EEXIST/);
    expect(() => makeDirectory(join(root, "file/below"))).toThrow(/EEXIST/);
    expect(() => makeDirectory("/proc/earshot/below")).toThrow(/ENOENT/);
  });
});
