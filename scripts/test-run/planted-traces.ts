import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** The switch of scripts/simulation/planted, and the way to it: what is published knows of neither. */
const TRACES = ["EARSHOT_PLANTED", "simulation/planted"] as const;

/** A file, relative to the folder, and what it says of planted bugs. */
export function plantedTraces(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name));
  return files.flatMap((file) => {
    const text = readFileSync(file, "utf8").replaceAll("\\", "/");
    const path = relative(folder, file).replaceAll("\\", "/");
    return TRACES.filter((trace) => text.includes(trace) || path.includes(trace)).map((trace) => `${path}: ${trace}`);
  });
}
