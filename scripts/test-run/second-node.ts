import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Ended, runCommand } from "./command.ts";

/** The oldest line of Node.js that the client and the simulation have to run on as on ours. */
const VERSION = "22.23.3";

export interface SecondNode extends Ended {
  /** The program. */
  readonly path: string;
}

/** Another version of Node.js, from the package that ships its binary; installed below `.cache/` the first time. */
export async function secondNode(root: string, say: (text: string) => void): Promise<SecondNode> {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(root, ".cache", `node-${VERSION}`);
  const path = join(folder, "node_modules", name, "bin", "node");
  if (existsSync(path)) return { ok: true, output: "", path };
  say(`no Node.js ${VERSION} yet; installing it below .cache/ with npm`);
  const args = ["install", "--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", `${name}@${VERSION}`];
  const installed = await runCommand("npm", args, root, 240_000);
  return { ...installed, ok: installed.ok && existsSync(path), path };
}
