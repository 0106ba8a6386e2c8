import type { Figures, Goal } from "./scenario.ts";

/** A goal with what came of it. */
export interface GoalOutcome {
  /** The goal in words. */
  readonly goal: string;
  /** What was measured, in the goal's own terms. */
  readonly measured: number;
  readonly met: boolean;
}

/** A figure of a peer that is to be at most so many times another's. */
export function atMostTimes(peer: string, figure: string, value: number, of: string): Goal {
  return { peer, figure, bound: "at most", value, of };
}

/** What came of a goal; null where it was not measured. */
export function goalOutcome(goal: Goal, figures: ReadonlyMap<string, Figures>): GoalOutcome | null {
  const own = figures.get(goal.peer)?.[goal.figure];
  const other = goal.of === undefined ? 1 : figures.get(goal.of)?.[goal.figure];
  if (own === undefined || other === undefined) return null;
  const { plus = 0 } = goal;
  const measured = (own - plus) / other;
  const times = goal.of === undefined ? "" : ` × ${goal.of}`;
  const added = plus === 0 ? "" : ` + ${plus}`;
  const met = goal.bound === "at most" ? measured <= goal.value : measured >= goal.value;
  return { goal: `${goal.peer} ${goal.figure} ${goal.bound} ${rounded(goal.value)}${times}${added}`, measured, met };
}

/** As many digits as say something. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
