import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { GATEWAY_SETTINGS, type GatewaySettings, type GatewayWord } from "./gateway-settings.ts";

/** Beside its drain, in ms; then it is killed. */
const STOP_WITHIN_MS = 12_000;

/** A gateway that runs as a child of this process, and ends with it. */
export class GatewayProcess {
  readonly node: string;
  #settings: GatewaySettings;
  #child: ChildProcess | null = null;
  #gone: Promise<void> = Promise.resolve();
  #url = "";
  #expected = true;
  /** Told when it ends though nobody asked for that. */
  readonly #onLost: (how: string) => void;

  constructor(settings: GatewaySettings, onLost: (how: string) => void) {
    this.node = settings.node;
    this.#settings = settings;
    this.#onLost = onLost;
  }

  /** Where it serves: `http://127.0.0.1:4101`. Stays the same over restarts. */
  get url(): string {
    return this.#url;
  }

  /** null while it does not run. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  /** Resolves when it serves; rejects with its own reason if it does not come to that. */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [...process.execArgv, join(import.meta.dirname, "gateway.ts")], {
      env: { ...process.env, [GATEWAY_SETTINGS]: JSON.stringify(this.#settings) },
      // Its words, all of them progress, on our stderr. Not in our process group: a terminal's Ctrl-C is ours to pass on.
      stdio: ["ignore", 2, 2, "ipc"],
      detached: true,
    });
    this.#child = child;
    this.#expected = false;
    this.#gone = new Promise((resolve) => {
      child.once("exit", (code, signal) => {
        this.#child = null;
        if (!this.#expected) this.#onLost(signal ?? `exit code ${code}`);
        resolve();
      });
    });
    this.#url = await this.#ready(child);
    this.#settings = { ...this.#settings, port: Number(new URL(this.#url).port), anyPort: false };
  }

  /** SIGTERM: it drains and closes. */
  async stop(): Promise<void> {
    this.#expected = true;
    this.#child?.kill("SIGTERM");
    const killer = setTimeout(() => this.#child?.kill("SIGKILL"), this.#settings.drainMs + STOP_WITHIN_MS);
    await this.#gone;
    clearTimeout(killer);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#expected = true;
    this.#child?.kill("SIGKILL");
    await this.#gone;
  }

  #ready(child: ChildProcess): Promise<string> {
    return new Promise((resolve, reject) => {
      const fail = (why: string): void => {
        this.#expected = true;
        reject(new Error(why));
      };
      child.once("error", (error) => fail(error.message));
      child.once("exit", () => fail(`${this.node} ended before it was ready`));
      child.once("message", (word: GatewayWord) => {
        if ("ready" in word) resolve(word.ready);
        else fail(word.failed);
      });
    });
  }
}
