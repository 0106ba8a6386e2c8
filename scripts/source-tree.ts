import { readdirSync } from "node:fs";
import { join } from "node:path";

const apart = new Set(["node_modules", "dist", "docs", "data", "coverage"]);

/** Every file of the repository's own below `folder`; paths relative to `root`, in a fixed order. */
export function sourceFiles(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory())
        return apart.has(entry.name) || entry.name.startsWith(".") ? [] : sourceFiles(root, path);
      return [path];
    });
}
