import { median } from "./median.ts";
import type { Case, Figures } from "./scenario.ts";

/** Figures of every run of a peer, in order. */
export type Runs = readonly Figures[];

/** Every peer's runs, in the order of the peers. */
export type MeasuredPeers = ReadonlyMap<string, Runs>;

/**
 * Measures each peer so many times: all of them once, then all of them again, so that what else the machine does
 * meets them alike. Rejects as the first run that is void.
 */
export async function measureCase(
  measured: Case,
  peers: readonly string[],
  runs: number,
  progress: (peer: string, round: number, figures: Figures) => void,
): Promise<MeasuredPeers> {
  await using stack = new AsyncDisposableStack();
  stack.defer(() => measured.close?.());
  const all = new Map<string, Figures[]>(peers.map((peer) => [peer, []]));
  for (let round = 0; round < runs; round++) {
    for (const peer of peers) {
      const figures = await measured.measure(peer, round).catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        throw new Error(`unable to measure ${peer}; run ${round + 1} is void: ${why}`);
      });
      all.get(peer)?.push(figures);
      progress(peer, round, figures);
    }
  }
  return all;
}

/** The median of each figure over the runs. */
export function medians(runs: Runs): Figures {
  const names = [...new Set(runs.flatMap((figures) => Object.keys(figures)))];
  return Object.fromEntries(
    names.map((name) => [name, median(runs.flatMap(({ [name]: value }) => (value === undefined ? [] : [value])))]),
  );
}
