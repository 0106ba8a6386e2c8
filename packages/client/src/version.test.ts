import { expect, it } from "vitest";
import { VERSION } from "./version.ts";

declare global {
  interface ImportMeta {
    /** Vite's: the modules of a pattern by their path. */
    glob<T>(pattern: string, options: { readonly eager: true; readonly import: "default" }): Record<string, T>;
  }
}

it("VERSION is the package's", () => {
  const [manifest] = Object.values(
    import.meta.glob<{ readonly version: string }>("../package.json", { eager: true, import: "default" }),
  );
  expect(VERSION).toBe(manifest?.version);
});
