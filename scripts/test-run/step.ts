/** What a step, or one check of it, came to. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Shown in full when something failed. */
  readonly output: string;
}

export interface Step {
  readonly name: string;
  /** What it does, in a few words. */
  readonly about: string;
  /** `words`: of the command line, those that name no step; only vitest steps take any. */
  readonly run: (words: readonly string[]) => Promise<Outcome>;
  readonly takesWords: boolean;
}

/** A check that counts as one. */
export function oneCheck(ended: { readonly ok: boolean; readonly output: string }, title: string): Outcome {
  const output = ended.ok ? "" : `${title}:\n${ended.output.trim() === "" ? "(no output)" : ended.output}`;
  return { passed: ended.ok ? 1 : 0, failed: ended.ok ? 0 : 1, skipped: 0, output };
}

export function sum(outcomes: readonly Outcome[]): Outcome {
  const total = (of: (outcome: Outcome) => number): number => outcomes.reduce((all, outcome) => all + of(outcome), 0);
  return {
    passed: total((outcome) => outcome.passed),
    failed: total((outcome) => outcome.failed),
    skipped: total((outcome) => outcome.skipped),
    output: outcomes
      .map((outcome) => outcome.output)
      .filter((output) => output !== "")
      .join("\n"),
  };
}
