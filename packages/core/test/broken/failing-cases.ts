import { expect } from "vitest";
import type { Runner } from "../../src/testing/conformance/runner.ts";

interface Case {
  readonly title: string;
  readonly body: () => Promise<void>;
}

/** Runs a suite without a test runner: the titles of the cases that fail, with those of what they stand in. */
export async function failingCases(suite: (runner: Runner) => void): Promise<readonly string[]> {
  const failed: string[] = [];
  for (const { title, body } of casesOf(suite)) {
    try {
      await body();
    } catch {
      failed.push(title);
    }
  }
  return failed;
}

function casesOf(suite: (runner: Runner) => void): readonly Case[] {
  const cases: Case[] = [];
  const within: string[] = [];
  suite({
    describe: (title, body) => {
      within.push(title);
      body();
      within.pop();
    },
    it: (title, body) => cases.push({ title: [...within, title].join(" > "), body }),
    expect,
  });
  return cases;
}
