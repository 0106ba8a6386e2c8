/** A server's command line and what its guard needs to end it. */
export interface GuardedCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** Run to its end before the server starts for the first time; null: nothing. */
  readonly first: { readonly file: string; readonly args: readonly string[] } | null;
  /** The server's folder, removed with it. */
  readonly folder: string;
  readonly cwd: string;
  readonly log: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whom it runs as; null: as its starter. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  readonly stopSignal: "SIGTERM" | "SIGINT" | "SIGQUIT";
  /** Between `stopSignal` and SIGKILL. */
  readonly stopWithinMs: number;
}

export interface GuardRequest {
  readonly is: "start" | "stop" | "kill";
}

export type GuardReport =
  | { readonly is: "started"; readonly pid: number }
  | { readonly is: "ended"; readonly how: string };
