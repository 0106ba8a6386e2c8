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
for (const [signal, code] of [
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const) {
  process.on(signal, () => process.exit(code));
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
      if (pid !== undefined) running.delete(pid);
      resolve({ ok, output: Buffer.concat(chunks).toString() + last });
    };
    if (pid !== undefined) running.add(pid);
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("error", (error) => settle(false, `${command} cannot be run: ${error.message}\n`));
    child.on("close", (code) => settle(code === 0, late));
  });
}
