// The process between a throwaway server and the process that asked for it: it runs the server as its own child, and when the
// channel to its starter closes, which happens also at the starter's kill -9, it ends the server and removes its folder.
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, rmSync } from "node:fs";
import type { GuardedCommand, GuardReport, GuardRequest } from "./guard-messages.ts";

// Written by start-guarded.ts, which alone starts this file.
const command = JSON.parse(process.argv[2] ?? "") as GuardedCommand;

let server: ChildProcess | null = null;
let leaving = false;
let { first } = command;

function report(message: GuardReport): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}

function start(): void {
  const { file, args } = first ?? command;
  const { cwd, user, env, log } = command;
  const output = openSync(log, "a");
  const child = spawn(file, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", output, output],
    ...(user === null ? {} : user),
  });
  closeSync(output);
  server = child;
  child.once("error", (error) => ended(child, error.message));
  child.once("exit", (code, signal) => {
    if (first !== null && code === 0 && !leaving) goOn();
    else ended(child, `exited with ${signal ?? code}`);
  });
  if (first === null && child.pid !== undefined) report({ is: "started", pid: child.pid });
}

/** What comes first is done. */
function goOn(): void {
  first = null;
  start();
}

function ended(child: ChildProcess, how: string): void {
  if (server !== child) return;
  server = null;
  report({ is: "ended", how });
  if (leaving) leave();
}

/** Postgres puts its processes into sessions of their own, and those that serve a query outlive their postmaster for a while. */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

function kill(): void {
  const pid = server?.pid;
  if (pid === undefined) return;
  const children = childrenOf(pid);
  server?.kill("SIGKILL");
  for (const child of children) {
    try {
      process.kill(child, "SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
}

function stop(): void {
  if (server === null) return;
  const child = server;
  child.kill(command.stopSignal);
  setTimeout(() => {
    if (server === child) kill();
  }, command.stopWithinMs).unref();
}

function leave(): void {
  rmSync(command.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  process.exit(0);
}

process.on("message", (request: GuardRequest) => {
  if (request.is === "start" && server === null) start();
  else if (request.is === "stop") stop();
  else if (request.is === "kill") kill();
});
process.on("disconnect", () => {
  leaving = true;
  if (server === null) leave();
  else stop();
});
// Those who end a whole process group mean the starter, whose end is heard of on the channel.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
