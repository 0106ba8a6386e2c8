/** What the suites use of a test runner: vitest's, jest's or anything of the same shape. */
export interface Runner {
  describe(title: string, body: () => void): void;
  it(title: string, body: () => Promise<void>): void;
  expect(actual: unknown): Expectation;
}

export interface Expectation {
  /** Same value, as `Object.is` has it. */
  toBe(expected: unknown): void;
  /** Same shape, all the way down. */
  toEqual(expected: unknown): void;
}
