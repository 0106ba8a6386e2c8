import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { ReadyLine } from "../src/cluster.ts";

const MAIN = join(import.meta.dirname, "../src/main.ts");

export interface EndedCluster {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** `npm run cluster` as its own process, from the sources. */
export class RunningCluster {
  readonly child: ChildProcess;
  readonly ended: Promise<EndedCluster>;
  readonly #line: Promise<string>;
  readonly #said = { stdout: "", stderr: "" };

  /** `own`: addresses of servers that it does not start itself. */
  constructor(words: readonly string[], own: Readonly<Record<string, string>> = {}) {
    const args = ["--conditions=@earshot/source", MAIN, ...words];
    const { DATABASE_URL: _p, REDIS_URL: _r, NATS_URL: _n, ...env } = process.env;
    this.child = spawn(process.execPath, args, { env: { ...env, ...own }, stdio: ["ignore", "pipe", "pipe"] });
    const said = this.#said;
    this.child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      said.stderr += text;
    });
    this.ended = new Promise((resolve) => {
      this.child.once("close", (code) => resolve({ code, ...said }));
    });
    this.#line = new Promise((resolve, reject) => {
      if (this.child.stdout === null) return;
      createInterface({ input: this.child.stdout }).on("line", (line) => {
        said.stdout += `${line}\n`;
        resolve(line);
      });
      void this.ended.then(({ stderr }) => reject(new Error(`the cluster did not start\n${stderr}`)));
    });
    this.#line.catch(() => {});
  }

  /** What it says on stdout when it is ready. */
  async ready(): Promise<ReadyLine> {
    return JSON.parse(await this.#line) as ReadyLine;
  }

  /** What it has said on stderr so far. */
  get progress(): string {
    return this.#said.stderr;
  }

  signal(signal: "SIGTERM" | "SIGINT" | "SIGKILL"): void {
    this.child.kill(signal);
  }
}

/** Of the gateways and the servers, as its line names them. */
export function pidsOf({ nodes, services }: ReadyLine): readonly number[] {
  return [...nodes, ...Object.values(services)].flatMap(({ pid }) => pid ?? []);
}

export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
