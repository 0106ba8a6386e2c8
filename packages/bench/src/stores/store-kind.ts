/** The stores that can be measured. */
export const STORE_KINDS = ["memory", "sqlite", "postgres", "redis"] as const;

export type StoreKind = (typeof STORE_KINDS)[number];

/** Where a store of a kind is to be opened: what a child process is told. */
export interface StoreAddress {
  readonly kind: StoreKind;
  /** A folder for `sqlite`, a URL for `postgres` and `redis`, nothing for `memory`. */
  readonly at: string;
  /** Lower-case letters and digits: a store of its own beside the others. */
  readonly namespace: string;
}

/** What a figure on this store survives. */
export const STORE_GUARANTEES: Readonly<Record<StoreKind, string>> = {
  memory: "nothing: ends with the process",
  sqlite: "power loss (WAL, synchronous=FULL)",
  postgres: "power loss (synchronous_commit, fsync)",
  redis: "power loss (AOF, appendfsync always)",
};

/** Those that are asked for, or all; throws one sentence for a word that names none. */
export function chosenStores(
  words: readonly string[] | null,
  all: readonly StoreKind[] = STORE_KINDS,
): readonly StoreKind[] {
  return (words ?? all).map((word) => {
    const kind = all.find((each) => each === word);
    if (kind === undefined) throw new Error(`--stores ${word} cannot be had; choose ${all.join(", ")}`);
    return kind;
  });
}
