import { closeVerdict } from "@earshot/protocol";

/** What the client does now. */
export type NextStep = "reconnect" | "new-token" | "stop";

/** How often in a row the same kind of broken connection is met before it is given up. */
const BROKEN_IN_A_ROW_MAX = 3;
/** How many tokens may be refused without a `welcome` between them. */
const TOKENS_REFUSED_MAX = 2;

/** Remembers what a single close code cannot say: whether it happened before. */
export class Verdicts {
  #broken = 0;
  #tokensRefused = 0;

  /** `code`: null when the client ended the connection itself. */
  next(code: number | null): NextStep {
    const verdict = code === null ? "reconnect" : closeVerdict(code);
    this.#broken = verdict === "reconnect-thrice" ? this.#broken + 1 : 0;
    if (verdict === "reconnect-thrice") return this.#broken < BROKEN_IN_A_ROW_MAX ? "reconnect" : "stop";
    if (verdict === "new-token-once") return ++this.#tokensRefused < TOKENS_REFUSED_MAX ? "new-token" : "stop";
    return verdict;
  }

  /** The application tries again by its own will. */
  forgive(): void {
    this.#broken = 0;
    this.#tokensRefused = 0;
  }

  welcomed(): void {
    this.#tokensRefused = 0;
  }
}
