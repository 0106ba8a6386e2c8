import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { freePort } from "../../scripts/servers/free-port.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How long a start may take before the test gives it up, in ms. */
const START_WITHIN_MS = 30_000;
/** How long a clean stop may take before it is killed, in ms. */
const STOP_WITHIN_MS = 10_000;
/** Largest part of a server's output that is kept, in characters. */
const OUTPUT_CHARACTERS_MAX = 200_000;

export interface ServerOptions {
  /** Default: a new directory under the system's temporary one, removed by `stop()`. */
  readonly dataDir?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Beside the test's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface RunningServer {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  readonly dataDir: string;
  /** Of the process that was spawned, which leads its process group; changes with `restart()`. */
  readonly pid: number;
  /** kill -9 of the whole process group; resolves when none of it is left. */
  kill9(): Promise<void>;
  /** SIGTERM; resolves with the exit code when none of it is left. Removes a data directory that was made here. */
  stop(): Promise<number | null>;
  /** Starts it anew on the same data directory and port; stops it first if it still runs. Resolves when it is ready. */
  restart(): Promise<void>;
  /** What it wrote to stdout and stderr so far, over all its lives. */
  output(): string;
}

/** How a start that never became ready ended. */
export interface FailedStart {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts the quickstart as a person would, by `npm start`, in a process group of its own. Resolves when
 * `/chat/readyz` answers 200; rejects with the server's output if it ends before that.
 *
 * `EARSHOT_START` in the environment names another command to start it by (split at spaces), for example
 * `node_modules/.bin/node --conditions=@earshot/source examples/quickstart/src/server.ts`.
 */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const port = options.port ?? (await freePort());
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), "earshot-e2e-"));
  const env = { ...options.env, PORT: String(port), HOST: "127.0.0.1", DATA_DIR: dataDir };
  const url = `http://127.0.0.1:${port}`;
  let life = launch(env);
  let written = "";
  await ready(life, url);

  return {
    url,
    port,
    dataDir,
    get pid() {
      return life.pid;
    },
    kill9: () => life.end("SIGKILL"),
    stop: async () => {
      await life.end("SIGTERM");
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
      return life.code();
    },
    restart: async () => {
      await life.end("SIGTERM");
      written += life.stdout() + life.stderr();
      life = launch(env);
      await ready(life, url);
    },
    output: () => written + life.stdout() + life.stderr(),
  };
}

/**
 * Starts the quickstart with these settings beside the test's own environment, and waits for it to end
 * by itself. `uid`: as this user of the system, and then without npm, which wants a home directory.
 */
export async function failToStart(env: Readonly<Record<string, string>>, uid?: number): Promise<FailedStart> {
  const life = launch(env, uid);
  const ended = await Promise.race([life.ended.then(() => true), pause(START_WITHIN_MS, false, { ref: false })]);
  if (!ended) {
    await life.end("SIGKILL");
    throw new Error(`the server runs, and should not\n${life.stdout()}${life.stderr()}`);
  }
  return { code: life.code(), stdout: life.stdout(), stderr: life.stderr() };
}

/** One process group, from its spawn to the end of its last process. */
interface Life {
  readonly pid: number;
  /** When every process that held its output has ended. */
  readonly ended: Promise<void>;
  code(): number | null;
  stdout(): string;
  stderr(): string;
  /** Signals the group and waits for its end; after a while SIGKILL. */
  end(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

const running = new Set<number>();
process.once("exit", () => {
  for (const pid of running) signalGroup(pid, "SIGKILL");
});

function launch(env: Readonly<Record<string, string>>, uid?: number): Life {
  const usual = uid === undefined ? "npm start --silent" : "node_modules/.bin/node examples/quickstart/dist/server.js";
  const [command = "", ...args] = (process.env.EARSHOT_START ?? usual).split(" ");
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    ...(uid === undefined ? {} : { uid }),
  });
  const { pid } = child;
  if (pid === undefined) throw new Error(`unable to run ${command}`);
  running.add(pid);
  const stdout = gather(child.stdout);
  const stderr = gather(child.stderr);
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => {
      running.delete(pid);
      resolve();
    });
  });
  const end = async (signal: "SIGTERM" | "SIGKILL"): Promise<void> => {
    if (running.has(pid)) signalGroup(pid, signal);
    const killer = setTimeout(() => signalGroup(pid, "SIGKILL"), STOP_WITHIN_MS);
    await ended;
    clearTimeout(killer);
  };
  return { pid, ended, code: () => child.exitCode, stdout, stderr, end };
}

function gather(stream: ChildProcess["stdout"]): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text = (text + chunk).slice(-OUTPUT_CHARACTERS_MAX);
  });
  return () => text;
}

function signalGroup(pid: number, signal: "SIGTERM" | "SIGKILL"): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group has ended by itself in between.
  }
}

async function ready(life: Life, url: string): Promise<void> {
  const deadline = performance.now() + START_WITHIN_MS;
  let over = false;
  void life.ended.then(() => {
    over = true;
  });
  while (!over && performance.now() < deadline) {
    const answer = await fetch(`${url}/chat/readyz`, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
    if (answer?.status === 200) return;
    await pause(20);
  }
  const output = life.stdout() + life.stderr();
  await life.end("SIGKILL");
  throw new Error(over ? `the server ended with ${life.code()}\n${output}` : `the server is not ready\n${output}`);
}
