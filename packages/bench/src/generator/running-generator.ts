import { join } from "node:path";
import { Child } from "../machine/child.ts";
import { GENERATOR_CORE } from "../machine/pinned.ts";
import type { Figures } from "../scenario.ts";
import type { GeneratorTask } from "./task.ts";

const PROGRAM = join(import.meta.dirname, "generate.ts");

/** Who drives a server, on the core that is not the server's. */
export class RunningGenerator {
  readonly #child = new Child(PROGRAM, { core: GENERATOR_CORE });

  /** Resolves with what was measured; rejects if the run is void. */
  run(task: GeneratorTask): Promise<Figures> {
    return this.#child.ask(task);
  }

  end(): Promise<void> {
    return this.#child.kill();
  }
}
