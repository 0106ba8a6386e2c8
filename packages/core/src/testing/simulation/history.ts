import { hash } from "../../system/system-crypto.ts";
import type { HistoryLine } from "./history-line.ts";

/** What happened in a run, line by line. */
export class History {
  readonly lines: HistoryLine[] = [];
  #hash = { lines: -1, digits: "" };

  /** Bound, so that it can be handed on as it is. */
  readonly add = (line: HistoryLine): void => {
    this.lines.push(line);
  };

  /** 16 hexadecimal digits that name the history so far: another line, another order, another hash (I28). */
  get hash(): string {
    const lines = this.lines.length;
    if (this.#hash.lines !== lines) {
      const digest = Buffer.from(hash(JSON.stringify(this.lines)), "base64url");
      this.#hash = { lines, digits: digest.toString("hex", 0, 8) };
    }
    return this.#hash.digits;
  }
}
