import { ChatError } from "@earshot/protocol";

/** Where a port is in its one life; what every port owes. */
export class PortState {
  readonly #name: string;
  #state: "new" | "opening" | "open" | "closed" = "new";

  /** `name`: "bus", "presence store". */
  constructor(name: string) {
    this.#name = name;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** Runs what opens it, unless that was done before. After one that failed it may be called again. */
  async open(run: () => Promise<void>): Promise<void> {
    if (this.#state !== "new") {
      throw new ChatError("conflict", `unable to open ${this.#name}; it was opened before`);
    }
    this.#state = "opening";
    try {
      await run();
    } catch (error) {
      if (this.#state === "opening") this.#state = "new";
      throw error;
    }
    if (this.#state !== "opening") throw this.notOpen();
    this.#state = "open";
  }

  close(): void {
    this.#state = "closed";
  }

  require(): void {
    if (this.#state !== "open") throw this.notOpen();
  }

  notOpen(): ChatError {
    return new ChatError("closed", `unable to use ${this.#name}; it is not open`);
  }
}
