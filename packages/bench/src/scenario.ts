/** What one run has measured, by the names that the report gives it. */
export type Figures = Readonly<Record<string, number>>;

/** What the command line says, checked. */
export interface BenchOptions {
  /** null: those that the scenario measures unasked. */
  readonly peers: readonly string[] | null;
  readonly runs: number;
  /** Size, whatever the scenario counts; null: its own. */
  readonly n: number | null;
  /** Messages a second, where nothing is to be saturated; null: as fast as they come. */
  readonly rate: number | null;
  /** Stores to measure on; null: those that the scenario measures unasked. */
  readonly stores: readonly string[] | null;
  /** The same of buses. */
  readonly buses: readonly string[] | null;
  /** Folder for a CPU profile of each run's server, which costs it some speed; null: none. */
  readonly profile: string | null;
  /** Whether the scenario goes through all its sizes. */
  readonly full: boolean;
  readonly json: boolean;
}

/** One server that is measured, as configured. */
export interface PeerRow {
  readonly name: string;
  /** What it promises in this configuration, so that like is compared with like. */
  readonly guarantees: string;
}

/** What holds if a figure is good: at most (or at least) a number, or so many times another peer's. */
export interface Goal {
  readonly peer: string;
  readonly figure: string;
  readonly bound: "at most" | "at least";
  readonly value: number;
  /** The figure of this peer times `value`; absent: `value` alone. */
  readonly of?: string;
  /** In the figure's unit, added to that. Default 0. */
  readonly plus?: number;
}

export type Parameters = Readonly<Record<string, number | string | boolean | null>>;

/** One set of parameters, of which every peer is measured and which is reported on its own. */
export interface Case {
  readonly parameters: Parameters;
  readonly goals: readonly Goal[];
  /** Those of the scenario's peers that can be measured here; absent: all. */
  readonly peers?: readonly string[];
  /**
   * Runs one peer once, on processes of its own. Rejects with `VoidRun` if it did not deliver what it
   * was given. `round` counts the runs of this peer from 0.
   */
  measure(peer: string, round: number): Promise<Figures>;
  /** Called after the last run, also after one that was void. */
  close?(): Promise<void>;
}

export interface Scenario {
  readonly name: string;
  /** One line for who asks what there is. */
  readonly about: string;
  readonly peers: readonly PeerRow[];
  /** The names of those that run unless others are asked for. */
  readonly usually: readonly string[];
  /** The figure that ratios are made of; less is better. */
  readonly main: string;
  cases(options: BenchOptions): readonly Case[];
}

/** A run that did not do what it was to do: no figure comes of it. */
export class VoidRun extends Error {}
