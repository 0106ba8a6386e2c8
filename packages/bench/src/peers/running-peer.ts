import { join } from "node:path";
import { Child } from "../machine/child.ts";
import { SERVER_CORE } from "../machine/pinned.ts";
import type { PeerMemory, PeerQuestion, PeerSettings } from "./peer-settings.ts";

const PROGRAM = join(import.meta.dirname, "serve.ts");

/** A server that is measured, on the core that is a server's. */
export class RunningPeer {
  readonly #child: Child;
  port = 0;

  private constructor(child: Child) {
    this.#child = child;
  }

  static async start(settings: PeerSettings): Promise<RunningPeer> {
    const running = new RunningPeer(new Child(PROGRAM, { core: SERVER_CORE, flags: ["--expose-gc"] }));
    try {
      running.port = await running.#ask<number>({ serve: settings });
      return running;
    } catch (error) {
      await running.kill();
      throw error;
    }
  }

  get pid(): number {
    return this.#child.pid;
  }

  beginProfile(): Promise<void> {
    return this.#ask({ profile: "begin" });
  }

  /** Writes where the time went since `beginProfile`. */
  endProfile(file: string): Promise<void> {
    return this.#ask({ profile: "end", file });
  }

  memory(): Promise<PeerMemory> {
    return this.#ask({ memory: true });
  }

  /** As a crash would end it. */
  kill(): Promise<void> {
    return this.#child.kill();
  }

  #ask<Answer>(question: PeerQuestion): Promise<Answer> {
    return this.#child.ask(question);
  }
}
