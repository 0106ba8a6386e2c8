import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { SeededRandom } from "../../src/testing/seeded-random.ts";

const FIXTURES = fileURLToPath(new URL("../../../protocol/fixtures/", import.meta.url));

/** Pieces that have broken parsers before. */
const TOKENS = [
  "null",
  "true",
  "-0",
  "1e400",
  "-1",
  "1.5",
  "9007199254740993",
  "{}",
  "[]",
  "[[[[[[[[[[[[[[[[[[",
  '"__proto__"',
  '"constructor"',
  '"__proto__":{"a":1}',
  '"\\u0000"',
  '"\\ud800"',
  '"\\uD83D\\uDE00"',
  '"\\u005f_proto__":1',
  '{"toString":"x"}',
  '"t":"send"',
  '"t":"hello"',
  ",",
  ":",
  '"',
  "\\",
  "\u2028",
  "\ufeff",
  "\ud800",
] as const;

const KEYS = [
  "t",
  "id",
  "c",
  "n",
  "seq",
  "re",
  "type",
  "body",
  "have",
  "cursor",
  "limit",
  "after",
  "users",
  "d",
  "x",
] as const;

interface Golden {
  readonly direction?: "client" | "gateway";
  readonly frame?: unknown;
  readonly text?: string;
}

function golden(files: string): readonly Golden[] {
  return globSync(files, { cwd: FIXTURES })
    .sort()
    .flatMap((file) => JSON.parse(readFileSync(FIXTURES + file, "utf8")) as Golden[]);
}

/** Texts of golden frames; the large ones would take all the time for themselves. */
function textsOf(frames: readonly Golden[]): readonly string[] {
  return frames.map(({ frame, text }) => text ?? JSON.stringify(frame)).filter((text) => text.length < 4_096);
}

/** Makes frames of any kind: golden ones, mutated ones, random JSON, random characters. */
export class Mutations {
  readonly #random: SeededRandom;
  /** A client's own, and all others, those of gateways and those that are refused. */
  readonly #own = textsOf(golden("accept/*.json").filter(({ direction }) => direction === "client"));
  readonly #others = textsOf([
    ...golden("accept/*.json").filter(({ direction }) => direction === "gateway"),
    ...golden("reject*/*.json"),
  ]);

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  text(): string {
    const kind = this.#random.below(40);
    if (kind < 6) return this.#golden();
    if (kind < 22) return this.#withField(this.#golden());
    if (kind < 28) return this.mutated(this.#golden());
    if (kind < 38) return JSON.stringify({ t: this.#type(), ...this.#object(3) });
    return this.#characters(this.#random.below(200));
  }

  #golden(): string {
    return this.#pick(this.#random.below(4) === 0 ? this.#others : this.#own);
  }

  /** One to four small changes. */
  mutated(text: string): string {
    let changed = text;
    for (let left = 1 + this.#random.below(4); left > 0; left--) changed = this.#changed(changed);
    return changed;
  }

  #changed(text: string): string {
    const random = this.#random;
    const at = random.below(text.length + 1);
    const to = Math.min(text.length, at + random.below(12));
    switch (random.below(7)) {
      case 0:
        return text.slice(0, at) + text.slice(to);
      case 1:
        return text.slice(0, at) + this.#pick(TOKENS) + text.slice(to);
      case 2:
        return text.slice(0, at) + text.slice(at, to).repeat(1 + random.below(5)) + text.slice(to);
      case 3:
        return (
          text.slice(0, at) + String.fromCharCode(random.below(random.below(2) === 0 ? 128 : 65_536)) + text.slice(to)
        );
      case 4: {
        const other = this.#golden();
        return text.slice(0, at) + other.slice(random.below(other.length + 1));
      }
      case 5:
        return this.#withField(text);
      default:
        return text.replace(/"(?:[^"\\]|\\.)*"|\d+/, () => JSON.stringify(this.#value(2)));
    }
  }

  /** Another value in the place of one, or one more: what is left is JSON. */
  #withField(text: string): string {
    try {
      const value = JSON.parse(text) as unknown;
      if (typeof value !== "object" || value === null || Array.isArray(value)) return text;
      const fields = Object.entries(value);
      const key = fields.length > 0 && this.#random.below(2) === 0 ? this.#pick(fields)[0] : this.#pick(KEYS);
      return JSON.stringify({ ...value, [key]: this.#value(3) });
    } catch {
      return text;
    }
  }

  #object(depth: number): Record<string, unknown> {
    const fields = Array.from({ length: this.#random.below(6) }, () => [this.#pick(KEYS), this.#value(depth)] as const);
    return Object.fromEntries(fields.filter(([key]) => key !== "t"));
  }

  #value(depth: number): unknown {
    const random = this.#random;
    switch (random.below(depth > 0 ? 8 : 6)) {
      case 0:
        return random.below(100);
      case 1:
        return random.float() * 10 ** random.below(20) - 50;
      case 2:
        return random.below(2) === 0;
      case 3:
        return null;
      case 4:
        return this.#pick(["c1", "c2", "alice", "m1", "e1", "all", "message", "edit", "react", "direct"]);
      case 5:
        return this.#characters(random.below(30));
      case 6:
        return Array.from({ length: random.below(5) }, () => this.#value(depth - 1));
      default:
        return this.#object(depth - 1);
    }
  }

  #type(): unknown {
    const types = ["have", "auth", "ack", "ping", "send", "skip", "inbox", "fetch", "subscribe", "unsubscribe", "read"];
    return this.#random.below(8) === 0 ? this.#value(1) : this.#pick([...types, "unread", "typing", "active", "hello"]);
  }

  #characters(count: number): string {
    const above = this.#pick([32, 128, 256, 65_536]);
    return Array.from({ length: count }, () => String.fromCharCode(this.#random.below(above))).join("");
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.#random.below(from.length)] as T;
  }
}
