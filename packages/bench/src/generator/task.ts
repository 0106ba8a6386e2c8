import type { Dialect } from "../peers/peers.ts";
import type { Population } from "../population.ts";

/** Where the server is, and how it is spoken to. */
export interface Target {
  readonly port: number;
  readonly pid: number;
  readonly dialect: Dialect;
}

interface TaskOf<Job extends string> {
  readonly job: Job;
  readonly target: Target;
  readonly population: Population;
}

/** One conversation: the first of its users sends, the others receive. */
export interface FanoutTask extends TaskOf<"fanout"> {
  /** Length of each window that is measured, in ms, and of the time before the first. */
  readonly windowMs: number;
  readonly warmUpMs: number;
  /** Messages a second; null: as fast as eight outstanding ones allow, and then at half of that. */
  readonly rate: number | null;
}

/** Everybody sends in turn: in each conversation one message at a time. */
export interface RoomsTask extends TaskOf<"rooms"> {
  readonly windowMs: number;
  readonly warmUpMs: number;
  /** Messages a second over all conversations; null: as fast as they come. */
  readonly rate: number | null;
}

/** Everybody comes in, and stays until the generator ends. */
export interface IdleTask extends TaskOf<"idle"> {
  /** How many of the users come, from which index on: they join those that are here. */
  readonly from: number;
  readonly to: number;
}

/** Everybody comes in, to lose the server. */
export interface StormTask extends TaskOf<"storm"> {
  /** Events that each lacks in each of its conversations when it comes back, where the server keeps any. */
  readonly behind: number;
  /** Where the server does not say over which time to come back, in ms. */
  readonly spreadMs: number;
}

/** Those of the storm are back, and have what they missed. */
export interface StormOverTask {
  readonly job: "storm-over";
}

export type GeneratorTask = FanoutTask | RoomsTask | IdleTask | StormTask | StormOverTask;
