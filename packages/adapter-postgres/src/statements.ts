import { createHash } from "node:crypto";
import type { PgQuery } from "./pg-pool.ts";

/**
 * SQL texts, in which `@heads` stands for the table `heads` of the store's schema, as queries of its
 * connections. Texts are constants of this package, so that there are few of them.
 */
export class Statements {
  readonly #schema: string;
  /** Whether the server keeps plans by name; a pooler may not know the names. */
  readonly #named: boolean;
  readonly #known = new Map<string, Pick<PgQuery, "name" | "text">>();

  constructor(schema: string, named: boolean) {
    this.#schema = schema;
    this.#named = named;
  }

  query(text: string, values: readonly unknown[]): PgQuery {
    return { ...this.#of(text), values: [...values], types: TYPES };
  }

  /** The text as it is sent. */
  inSchema(text: string): string {
    return inSchema(text, this.#schema);
  }

  #of(text: string): Pick<PgQuery, "name" | "text"> {
    let known = this.#known.get(text);
    if (known === undefined) {
      const own = this.inSchema(text);
      known = this.#named ? { name: nameOf(own), text: own } : { text: own };
      this.#known.set(text, known);
    }
    return known;
  }
}

/** `@heads` as `"earshot".heads`. */
export function inSchema(text: string, schema: string): string {
  return text.replaceAll("@", `"${schema}".`);
}

/** Two stores of one pool may have different schemas: the name is of the text. */
function nameOf(text: string): string {
  return `earshot_${createHash("sha256").update(text).digest("hex").slice(0, 20)}`;
}

const asNumber = (text: string) => Number(text);
const asBoolean = (text: string) => text === "t";
const asText = (text: string) => text;
const BOOL = 16;
/** int8, int2, int4. */
const INTEGERS: ReadonlySet<number> = new Set([20, 21, 23]);

/** By itself: a host may have set other parsers for all of `pg`. Counters stay below 2^53. */
const TYPES: PgQuery["types"] = {
  getTypeParser: (oid) => (INTEGERS.has(oid) ? asNumber : oid === BOOL ? asBoolean : asText),
};
