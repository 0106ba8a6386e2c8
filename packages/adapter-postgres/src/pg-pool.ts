/** What is used of a `pg.Pool`: one of `pg` 8.13 or newer, or anything of the same shape. */
export interface PgPool {
  connect(): Promise<PgClient>;
  readonly options?: { readonly max?: number | undefined };
}

/** What is used of a pooled client. */
export interface PgClient {
  query(query: string | PgQuery): Promise<PgResult | readonly PgResult[]>;
  /** With an error, or true: the connection is not used again. */
  release(error?: Error | boolean): void;
  /** Whether it takes the next query before the last is answered (`new Pool({ pipeline: true })`, from pg 8.23). */
  readonly pipeline?: boolean;
  on?(event: "error", listener: (error: Error) => void): unknown;
  removeListener?(event: "error", listener: (error: Error) => void): unknown;
}

export interface PgQuery {
  readonly name?: string;
  readonly text: string;
  readonly values: unknown[];
  readonly types: { getTypeParser(oid: number, format?: string): (text: string) => unknown };
}

export interface PgResult {
  readonly command?: string;
  readonly rowCount: number | null;
  readonly rows: readonly unknown[];
}
