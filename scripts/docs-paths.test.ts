import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");
const pages = globSync(["*.md", "docs/**/*.md", "packages/*/*.md"], { cwd: ROOT }).sort();
const textOf = (page: string): string => readFileSync(join(ROOT, page), "utf8");

/** A heading's anchor, as the usual hosts make it. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
}

function anchorsOf(page: string): readonly string[] {
  return [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchor(heading));
}

describe("the pages of the docs", () => {
  it("link to files and headings that are there", () => {
    const links = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, path = "", heading]) => {
        const target = path === "" ? page : join(dirname(page), path);
        return { link: `${page}: ${path}#${heading ?? ""}`, target, heading };
      }),
    );
    const dead = links.filter(
      ({ target, heading }) =>
        !existsSync(join(ROOT, target)) || (heading !== undefined && !anchorsOf(target).includes(heading)),
    );
    expect(links.length).toBeGreaterThan(20);
    expect(dead.map(({ link }) => link)).toEqual([]);
  });

  it("name files of the repository that are there", () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/`((?:packages|examples|docs|e2e|scripts)\/[\w./-]*)`/g)].map(([, path = ""]) => ({
        page,
        path,
      })),
    );
    expect(named.length).toBeGreaterThan(50);
    expect(named.filter(({ path }) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});
