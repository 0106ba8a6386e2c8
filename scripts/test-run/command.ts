import { spawn } from "node:child_process";

export interface Ended {
  readonly ok: boolean;
  /** What it wrote to stdout and stderr, in the order it came. */
  readonly output: string;
}

const running = new Set<number>();

/** Ends every process that was started here and still runs, with all that it started in its own process group. */
function endAll(): void {
  for (const pid of running) end(pid);
}

function end(pid: number): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has just ended by itself.
  }
}

process.on("exit", endAll);

const SIGNALS = [
  ["SIGINT", () => process.exit(130)],
  ["SIGTERM", () => process.exit(143)],
  ["SIGHUP", () => process.exit(129)],
] as const;

/** A signal ends this process, and by that the command; only while one runs: whoever imports this may have ways of their own. */
function begin(pid: number): void {
  if (running.size === 0) for (const [signal, leave] of SIGNALS) process.on(signal, leave);
  running.add(pid);
}

function over(pid: number): void {
  if (running.delete(pid) && running.size === 0) for (const [signal, leave] of SIGNALS) process.off(signal, leave);
}

/** Runs a command to its end, or for `withinMs` at the most; keeps its output and shows none of it. */
export function runCommand(command: string, args: readonly string[], cwd: string, withinMs: number): Promise<Ended> {
  return new Promise((resolve) => {
    const { FORCE_COLOR: _, ...env } = process.env;
    const child = spawn(command, args, {
      cwd,
      env: { ...env, NO_COLOR: "1" },
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const pid = child.pid;
    const chunks: Buffer[] = [];
    let late = "";
    const timer = setTimeout(() => {
      late = `\n${command} ${args.join(" ")}: not done within ${withinMs / 1000} s, ended.\n`;
      if (pid !== undefined) end(pid);
    }, withinMs);
    const settle = (ok: boolean, last: string): void => {
      clearTimeout(timer);
      if (pid !== undefined) over(pid);
      resolve({ ok, output: Buffer.concat(chunks).toString() + last });
    };
    if (pid !== undefined) begin(pid);
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => settle(false, `${command} cannot be run: ${error.message}\n`));
    child.on("close", (code) => settle(code === 0, late));
  });
}
