import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ended, runCommand } from "./command.ts";
import { plantedTraces } from "./planted-traces.ts";
import { type Outcome, oneCheck, sum } from "./step.ts";

interface Packed {
  /** `@earshot/core`. */
  readonly name: string;
  readonly tarball: string;
  /** `.`, `./express`: what its exports map offers, but for files. */
  readonly entries: readonly string[];
}

const withinMs = 120_000;

/** Packs every package as it would be published, and checks what is in the tarballs. */
export async function packedPackages(root: string): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "earshot-packed-"));
  try {
    const names = readdirSync(join(root, "packages"))
      .filter((name) => isPublished(root, name))
      .sort();
    const workspaces = names.map((name) => `--workspace=packages/${name}`);
    const packing = await runCommand("npm", ["pack", ...workspaces, `--pack-destination=${folder}`], root, withinMs);
    if (!packing.ok) return oneCheck(packing, "npm pack");
    const packed = names.map((name) => readPackage(root, name, folder));
    const outcomes: Outcome[] = [];
    for (const one of packed) outcomes.push(...(await lintTarball(root, one)));
    const unpacking = await unpack(root, folder, packed);
    if (unpacking !== null) return sum([...outcomes, oneCheck(unpacking, "tar")]);
    outcomes.push(...packed.map((one) => hidesNothing(folder, one)), await loads(folder, packed));
    return sum(outcomes);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function isPublished(root: string, folder: string): boolean {
  const json = readFileSync(join(root, "packages", folder, "package.json"), "utf8");
  return (JSON.parse(json) as { readonly private?: boolean }).private !== true;
}

function readPackage(root: string, folder: string, tarballs: string): Packed {
  const json = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8")) as {
    readonly name: string;
    readonly version: string;
    readonly exports: Readonly<Record<string, unknown>>;
  };
  const tarball = join(tarballs, `${json.name.slice(1).replace("/", "-")}-${json.version}.tgz`);
  return { name: json.name, tarball, entries: Object.keys(json.exports).filter((entry) => !entry.endsWith(".json")) };
}

async function lintTarball(root: string, { name, tarball }: Packed): Promise<Outcome[]> {
  const tool = (bin: string, args: readonly string[]) =>
    runCommand(process.execPath, [join(root, "node_modules/.bin", bin), ...args], root, withinMs);
  const publint = await tool("publint", ["run", tarball, "--strict"]);
  // node16: resolution by the exports map, which every Node.js that is supported and every bundler knows.
  const attw = await tool("attw", [tarball, "--profile", "node16", "--format", "ascii"]);
  return [oneCheck(publint, `publint ${name}`), oneCheck(attw, `attw ${name}`)];
}

/** Puts the tarballs' files beside what they depend on. null: it is done. */
async function unpack(root: string, folder: string, packed: readonly Packed[]): Promise<Ended | null> {
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "@earshot"), { recursive: true });
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (!name.startsWith(".") && name !== "@earshot")
      symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  for (const { name, tarball } of packed) {
    const into = join(modules, name);
    mkdirSync(into);
    const untar = await runCommand("tar", ["-xzf", tarball, "-C", into, "--strip-components=1"], folder, withinMs);
    if (!untar.ok) return untar;
  }
  return null;
}

/** Bugs are planted into sources as they are loaded, and nowhere else. */
function hidesNothing(folder: string, { name }: Packed): Outcome {
  const traces = plantedTraces(join(folder, "node_modules", name));
  return oneCheck({ ok: traces.length === 0, output: traces.join("\n") }, `planted bugs in the tarball of ${name}`);
}

/** Every entry of every package, by import and by require. */
async function loads(folder: string, packed: readonly Packed[]): Promise<Outcome> {
  const specifiers = packed.flatMap(({ name, entries }) => entries.map((entry) => name + entry.slice(1)));
  writeFileSync(
    join(folder, "load.mjs"),
    `import { createRequire } from "node:module";
     const require = createRequire(import.meta.url);
     for (const specifier of ${JSON.stringify(specifiers)}) {
       const [esm, cjs] = [Object.keys(await import(specifier)), Object.keys(require(specifier))];
       const apart = [...esm.filter((name) => !cjs.includes(name)), ...cjs.filter((name) => !esm.includes(name))];
       if (esm.length === 0) throw new Error(specifier + " exports nothing");
       if (apart.length > 0) throw new Error(specifier + " differs between import and require: " + apart.join(", "));
     }`,
  );
  return oneCheck(
    await runCommand(process.execPath, ["load.mjs"], folder, withinMs),
    "import and require of each entry",
  );
}
