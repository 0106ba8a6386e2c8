import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GuardedCommand, GuardReport, GuardRequest } from "./guard-messages.ts";
import type { StartedServer } from "./started-server.ts";

const READY_WITHIN_MS = 30_000;
const POLL_MS = 20;
const LOG_TAIL_CHARS = 2000;
const RESTARTS_MAX = 5;
const RESTART_AFTER_MS = 200;

/** Where a server will answer, and how to see that it does. */
export interface Address {
  readonly url: string;
  readonly port: number;
  readonly answers: () => Promise<boolean>;
}

/** Starts a server under a guard process of its own and waits until it answers. */
export async function startGuarded(command: GuardedCommand, address: Address): Promise<StartedServer> {
  const server = new GuardedServer(command, address);
  try {
    await server.start();
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

class GuardedServer implements StartedServer {
  readonly url: string;
  readonly port: number;
  pid: number | null = null;
  readonly #command: GuardedCommand;
  readonly #answers: () => Promise<boolean>;
  readonly #guard: ChildProcess;
  readonly #gone: Promise<void>;
  #ended = "";
  #onChange: (() => void)[] = [];

  constructor(command: GuardedCommand, { url, port, answers }: Address) {
    this.url = url;
    this.port = port;
    this.#command = command;
    this.#answers = answers;
    const file = join(import.meta.dirname, "guard.ts");
    this.#guard = spawn(process.execPath, ["--no-warnings", file, JSON.stringify(command)], {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
      detached: true,
    });
    this.#guard.on("message", (report: GuardReport) => this.#note(report));
    this.#gone = new Promise((resolve) => {
      this.#guard.once("error", () => resolve());
      this.#guard.once("exit", () => resolve());
    });
    void this.#gone.then(() => this.#note({ is: "ended", how: "lost its guard" }));
    // Neither the guard nor the channel keeps its starter running.
    this.#guard.unref();
    this.#guard.channel?.unref();
  }

  async start(): Promise<void> {
    this.#ended = "";
    this.#ask("start");
    const deadline = performance.now() + READY_WITHIN_MS;
    while (!(this.pid !== null && (await this.#answers()))) {
      if (this.#ended !== "") throw this.#failure(this.#ended);
      if (performance.now() > deadline) throw this.#failure(`does not answer after ${READY_WITHIN_MS / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async stop(): Promise<void> {
    if (this.#guard.connected) this.#guard.disconnect();
    this.#guard.ref();
    await this.#gone;
  }

  async kill(): Promise<void> {
    await this.#end("kill");
  }

  async restart(): Promise<void> {
    await this.#end("stop");
    for (let attempt = 1; ; attempt++) {
      try {
        await this.start();
        return;
      } catch (error) {
        // What the one before has left, such as a process of Postgres's own, may take a moment to go.
        if (this.#ended === "" || attempt === RESTARTS_MAX) throw error;
        await new Promise((resolve) => setTimeout(resolve, RESTART_AFTER_MS));
      }
    }
  }

  async #end(how: "stop" | "kill"): Promise<void> {
    if (this.pid === null) return;
    this.#guard.channel?.ref();
    this.#ask(how);
    while (this.pid !== null) await new Promise<void>((resolve) => this.#onChange.push(resolve));
    this.#guard.channel?.unref();
  }

  #ask(is: GuardRequest["is"]): void {
    this.#guard.send({ is } satisfies GuardRequest);
  }

  #note(report: GuardReport): void {
    this.pid = report.is === "started" ? report.pid : null;
    if (report.is === "ended") this.#ended = report.how;
    for (const tell of this.#onChange.splice(0)) tell();
  }

  #failure(how: string): Error {
    return new Error(`unable to start ${this.#command.file}; it ${how}\n${logTail(this.#command.log)}`);
  }
}

function logTail(path: string): string {
  try {
    return readFileSync(path, "utf8").slice(-LOG_TAIL_CHARS);
  } catch {
    return "";
  }
}
