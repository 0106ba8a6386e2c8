// Installs and builds what is stale, and nothing else. `npm start`, `npm test` and .ci/run come through here first,
// on whatever Node.js the machine has, before anything is installed: so this is plain JavaScript for Node.js 20
// that imports nothing but Node.js. Everything after it runs on node_modules/.bin/node.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, delimiter, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { alone } from "./lock.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const ownNode = join(modules, ".bin/node");
/** What was done, by the hash of what it was done from. Inside node_modules, so that it goes when that goes. */
const stamps = join(modules, ".earshot");

/** In dependency order: what a build needs stands above it. `output` is the file whose absence shows that it is gone. */
const builds = [
  { name: "protocol", folder: "packages/protocol", needs: [], output: "dist/index.js" },
  { name: "core", folder: "packages/core", needs: ["protocol"], output: "dist/index.js" },
  { name: "client", folder: "packages/client", needs: ["protocol"], output: "dist/index.js" },
  { name: "adapter-sqlite", folder: "packages/adapter-sqlite", needs: ["protocol", "core"], output: "dist/index.js" },
  {
    name: "adapter-postgres",
    folder: "packages/adapter-postgres",
    needs: ["protocol", "core"],
    output: "dist/index.js",
  },
  { name: "adapter-redis", folder: "packages/adapter-redis", needs: ["protocol", "core"], output: "dist/index.js" },
  { name: "adapter-nats", folder: "packages/adapter-nats", needs: ["protocol", "core"], output: "dist/index.js" },
  {
    name: "quickstart",
    folder: "examples/quickstart",
    needs: ["protocol", "core", "client", "adapter-sqlite"],
    output: "dist/server.js",
  },
];

/** The one clear sentence that a failed set-up ends with. */
class SetUpError extends Error {}

function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}

function seconds(since) {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}

// ---------------------------------------------------------------- what is stale

function packageFolders() {
  const inside = ["packages", "examples"].flatMap((parent) =>
    readdirSync(join(root, parent))
      .sort()
      .map((name) => `${parent}/${name}`),
  );
  return [".", ...inside].filter((folder) => existsSync(join(root, folder, "package.json")));
}

/** The lock file, and of each package.json the fields that decide what is installed. */
function installHash() {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  const lock = join(root, "package-lock.json");
  if (existsSync(lock)) hash.update(readFileSync(lock));
  for (const folder of packageFolders()) {
    const file = join(root, folder, "package.json");
    let json;
    try {
      json = JSON.parse(readFileSync(file, "utf8"));
    } catch (error) {
      throw new SetUpError(`${relative(root, file)} is no JSON (${error.message})`);
    }
    const { name, version, bin, workspaces, overrides, allowScripts } = json;
    const { dependencies, devDependencies, peerDependencies, peerDependenciesMeta, optionalDependencies } = json;
    const wanted = { dependencies, devDependencies, peerDependencies, peerDependenciesMeta, optionalDependencies };
    hash.update(JSON.stringify({ name, version, bin, workspaces, overrides, allowScripts, ...wanted }));
  }
  return hash.digest("hex");
}

/** Files of a package that its build can depend on; paths relative to the folder, in a fixed order. */
function sources(folder) {
  const apart = new Set(["dist", "node_modules", "test", "fixtures", "data"]);
  const list = (path) =>
    readdirSync(join(folder, path), { withFileTypes: true })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .flatMap((entry) => {
        const file = path === "" ? entry.name : `${path}/${entry.name}`;
        if (entry.isDirectory()) return path === "" && apart.has(entry.name) ? [] : list(file);
        return /\.(test|test-d)\.tsx?$|\.md$|\.tsbuildinfo$/.test(entry.name) ? [] : [file];
      });
  return list("");
}

/** By name: the hash of a build's sources, of what it needs, and of what is installed. */
function buildHashes(installed) {
  const hashes = new Map();
  const shared = readFileSync(join(root, "tsconfig.base.json"));
  for (const { name, folder, needs } of builds) {
    const hash = createHash("sha256").update(installed).update(shared);
    for (const need of needs) hash.update(hashes.get(need));
    for (const file of sources(join(root, folder))) {
      hash.update(`\0${file}\0`).update(readFileSync(join(root, folder, file)));
    }
    hashes.set(name, hash.digest("hex"));
  }
  return hashes;
}

function stamped(name, hash) {
  try {
    return readFileSync(join(stamps, name), "utf8") === hash;
  } catch {
    return false;
  }
}

function stamp(name, hash) {
  mkdirSync(stamps, { recursive: true });
  writeFileSync(join(stamps, name), hash);
}

function isInstalled(hash) {
  return stamped("install", hash) && existsSync(ownNode);
}

function isBuilt(build, hash) {
  return stamped(`build-${build.name}`, hash) && existsSync(join(root, build.folder, build.output));
}

function isFresh() {
  const installed = installHash();
  if (!isInstalled(installed)) return false;
  const hashes = buildHashes(installed);
  return builds.every((build) => isBuilt(build, hashes.get(build.name)));
}

// ---------------------------------------------------------------- doing it

const children = new Set();
let interruptedBy = null;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => {
    interruptedBy ??= signal;
    for (const child of children) child.kill(signal);
    if (children.size === 0) {
      process.stderr.write(`Set-up failed: interrupted by ${signal}.\n`);
      process.exit(1);
    }
  });
}

/** Runs a command to its end and keeps its output. The child holds the lock too, lest it outlive a killed set-up unseen. */
function run(command, args, { cwd, env, lock }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe", lock] });
    const output = [];
    children.add(child);
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    child.on("error", (error) => {
      children.delete(child);
      reject(new SetUpError(`${command} cannot be run (${error.code ?? error.message})`));
    });
    child.on("close", (code, signal) => {
      children.delete(child);
      if (interruptedBy !== null) reject(new SetUpError(`interrupted by ${interruptedBy}`));
      else resolve({ ok: code === 0, end: signal ?? `exit code ${code}`, output: Buffer.concat(output).toString() });
    });
  });
}

/** npm as it was called, but not on the Node.js inside node_modules, which it is about to replace. */
function npm(args, lock) {
  const path = (process.env["PATH"] ?? "").split(delimiter).filter((entry) => !entry.startsWith(root));
  const env = { ...process.env, PATH: path.join(delimiter) };
  const { npm_execpath: cli = "", npm_node_execpath: node = "" } = process.env;
  const called = basename(cli) === "npm-cli.js" && node !== "" && !node.startsWith(root);
  // Development dependencies whatever NODE_ENV says: the tools to build with are among them.
  const all = [...args, "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"];
  return called ? run(node, [cli, ...all], { cwd: root, env, lock }) : run("npm", all, { cwd: root, env, lock });
}

async function install(lock) {
  const started = performance.now();
  rmSync(stamps, { recursive: true, force: true });
  say("installing dependencies (npm ci), about half a minute");
  let hash = installHash();
  let result = await npm(["ci"], lock);
  if (!result.ok && /EUSAGE|in sync/.test(result.output)) {
    say("npm ci refuses package-lock.json, it does not match the package.json files; installing with npm install");
    result = await npm(["install"], lock);
    hash = installHash();
  }
  if (!result.ok) {
    process.stderr.write(result.output);
    throw new SetUpError(`npm could not install the dependencies (${result.end}); its output stands above`);
  }
  const node = existsSync(ownNode) ? await run(ownNode, ["--version"], { cwd: root, env: process.env, lock }) : null;
  if (node?.ok !== true) {
    throw new SetUpError(
      'node_modules/.bin/node is missing or does not run; npm has to be allowed to run the install script of "node"',
    );
  }
  stamp("install", hash);
  say(`installed in ${seconds(started)}; Node.js ${node.output.trim()}`);
}

async function buildOne(build, hash, lock) {
  const started = performance.now();
  const cwd = join(root, build.folder);
  const command = existsSync(join(cwd, "build.mjs")) ? "build.mjs" : join(modules, ".bin/tsup");
  rmSync(join(stamps, `build-${build.name}`), { force: true });
  const result = await run(ownNode, [command], { cwd, env: process.env, lock });
  if (!result.ok || !existsSync(join(cwd, build.output))) {
    process.stderr.write(result.output);
    throw new SetUpError(`${build.name} does not build (${result.end}); its output stands above`);
  }
  stamp(`build-${build.name}`, hash);
  say(`built ${build.name} in ${seconds(started)}`);
}

/** Each stale build as soon as what it needs is built. All that were begun come to their end, also beside a failed one. */
async function buildAll(lock) {
  const hashes = buildHashes(installHash());
  const ends = new Map();
  for (const build of builds) {
    const needs = Promise.all(build.needs.map((need) => ends.get(need)));
    const hash = hashes.get(build.name);
    ends.set(
      build.name,
      needs.then(() => (isBuilt(build, hash) ? undefined : buildOne(build, hash, lock))),
    );
  }
  const results = await Promise.allSettled(ends.values());
  const failed = results.find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

async function bringUpToDate(lock) {
  if (!isInstalled(installHash())) await install(lock);
  await buildAll(lock);
}

// ---------------------------------------------------------------- the way through

try {
  if (Number.parseInt(process.versions.node, 10) < 20) throw new SetUpError("Node.js 20 or newer is needed");
  if (!isFresh()) await alone(root, bringUpToDate, () => say("another set-up is at work here, waiting for it"));
} catch (error) {
  // What the operating system refuses (a read-only folder, a full disk) says so in one sentence as well.
  if (!(error instanceof SetUpError || "syscall" in error)) throw error;
  process.stderr.write(`Set-up failed: ${error.message}.\n`);
  process.exitCode = 1;
}
