import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A process of this folder's, running from sources, with what it has said line by line. */
export interface Child {
  readonly process: ChildProcess;
  /** Whole lines of its standard output so far; what a kill cut short is not among them. */
  readonly lines: string[];
  /** Resolves with its first lines once there are as many; rejects if it ends before. */
  said(count: number): Promise<readonly string[]>;
  /** Resolves when it has ended and all it said is in `lines`. */
  readonly ended: Promise<void>;
}

export function startChild(name: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const file = fileURLToPath(new URL(`./${name}.ts`, import.meta.url));
  const strip = process.features.typescript ? [] : ["--experimental-strip-types"];
  const flags = ["--conditions=@earshot/source", ...strip];
  const child = spawn(process.execPath, [...flags, file, ...args], { stdio: ["pipe", "pipe", "inherit"], ...options });
  const lines: string[] = [];
  let rest = "";
  let heard = () => {};
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const parts = (rest + text).split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts);
    heard();
  });
  const ended = once(child, "close").then(() => {});
  const said = (count: number) =>
    new Promise<readonly string[]>((resolve, reject) => {
      const look = () => {
        if (lines.length >= count) resolve(lines.slice(0, count));
      };
      heard = look;
      look();
      ended.then(() => reject(new Error(`${name} ended after ${lines.length} lines`)), reject);
    });
  return { process: child, lines, said, ended };
}

/** As `kill -9` does. */
export async function killed(child: Child): Promise<void> {
  child.process.kill("SIGKILL");
  await child.ended;
}
