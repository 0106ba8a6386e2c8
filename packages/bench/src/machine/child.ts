import { type ChildProcess, spawn } from "node:child_process";
import { pinned } from "./pinned.ts";

/** What a child says back: the answer to the question it was asked, or why there is none. */
export interface ChildWord {
  readonly answer?: unknown;
  readonly failed?: string;
}

/**
 * A program of ours as a process of its own, on one core or (null) on any, spoken to by questions: one at a time, each with one answer.
 * It ends with us, however we end, since it leaves when the channel does.
 */
export class Child {
  readonly #process: ChildProcess;
  readonly #name: string;
  readonly #gone: Promise<void>;
  #answered: ((word: ChildWord) => void) | null = null;
  #ended: string | null = null;

  constructor(
    program: string,
    { core, flags = [] }: { readonly core: number | null; readonly flags?: readonly string[] },
  ) {
    this.#name = program.slice(program.lastIndexOf("/") + 1);
    // Our own flags too: from the sources it runs on the sources.
    const command = pinned(core, process.execPath, [...process.execArgv, ...flags, program]);
    this.#process = spawn(command.file, command.args, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#gone = new Promise((resolve) => {
      this.#process.once("error", (error) => this.#end(error.message, resolve));
      this.#process.once("exit", (code, signal) => this.#end(`ended with ${signal ?? code}`, resolve));
    });
    this.#process.on("message", (word: ChildWord) => this.#take(word));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves with the child's answer. Rejects with what it says went wrong, or when it ends without an answer. */
  async ask<Answer>(question: object): Promise<Answer> {
    if (this.#answered !== null) throw new Error(`unable to ask ${this.#name}; it has not answered yet`);
    const word = await new Promise<ChildWord>((resolve) => {
      this.#answered = resolve;
      if (this.#ended !== null) this.#take({ failed: this.#ended });
      else this.#process.send(question);
    });
    if (word.failed !== undefined) throw new Error(`${this.#name}: ${word.failed}`);
    return word.answer as Answer;
  }

  /** Ends it at once, as a crash would, and waits until it is gone. */
  async kill(): Promise<void> {
    if (this.#ended === null) this.#process.kill("SIGKILL");
    await this.#gone;
  }

  #take(word: ChildWord): void {
    const answered = this.#answered;
    this.#answered = null;
    answered?.(word);
  }

  #end(how: string, resolve: () => void): void {
    this.#ended ??= how;
    this.#take({ failed: this.#ended });
    resolve();
  }
}
