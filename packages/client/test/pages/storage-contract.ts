// Runs the storage's contract in a real browser: `await window.runContract()` answers with what each case came to.
import { deleteDB } from "idb";
import { indexedDbStorage } from "../../src/storage/indexeddb-storage.ts";
import { clientStorageSuite } from "../../src/testing/conformance/client-storage.ts";

export interface CaseResult {
  readonly title: string;
  /** What was wrong; null: nothing. */
  readonly fault: string | null;
}

interface Case {
  readonly title: string;
  readonly body: () => Promise<void>;
}

const cases: Case[] = [];
const titles: string[] = [];
let databases = 0;

clientStorageSuite(
  {
    describe: (title, body) => {
      titles.push(title);
      body();
      titles.pop();
    },
    it: (title, body) => {
      cases.push({ title: [...titles, title].join(" > "), body });
    },
    expect: (actual) => ({
      toBe: (expected) => {
        if (!Object.is(actual, expected)) throw new Error(`${show(actual)} is not ${show(expected)}`);
      },
      toEqual: (expected) => {
        if (show(actual) !== show(expected)) throw new Error(`${show(actual)} does not equal ${show(expected)}`);
      },
    }),
  },
  {
    create: async () => {
      const name = `contract-${++databases}`;
      return { another: () => indexedDbStorage({ name }), destroy: () => deleteDB(name) };
    },
  },
);

/** The same text for the same shape, whatever the order of keys. */
function show(value: unknown): string {
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
  return text ?? String(value);
}

async function runContract(): Promise<readonly CaseResult[]> {
  const results: CaseResult[] = [];
  for (const { title, body } of cases) {
    const fault = await body().then(
      () => null,
      (error: unknown) => String(error),
    );
    results.push({ title, fault });
  }
  return results;
}

Object.assign(globalThis, { runContract });
