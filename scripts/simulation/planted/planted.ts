import type { ShownGuarantee } from "../../../packages/core/src/testing/simulation/checker/verdict.ts";

/** One place of the sources, and what stands there instead. */
export interface PlantedChange {
  /** Path from the repository's root. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly instead: string;
}

/** A mistake that somebody could make, as a change of the sources. */
export interface PlantedBug {
  readonly name: string;
  /** Number of the trap in docs/simulation.md that it falls into; null: one of its own. */
  readonly trap: number | null;
  /** Guarantees that it breaks: by one of these it has to be seen. */
  readonly breaks: readonly ShownGuarantee[];
  /** What a user would suffer from it. */
  readonly suffers: string;
  readonly changes: readonly PlantedChange[];
}

/** The source with the bug in it. Throws where its place is not there, or not once: the sources have moved on. */
export function planted(source: string, { file, find, instead }: PlantedChange): string {
  const places = source.split(find).length - 1;
  if (places !== 1) throw new Error(`unable to plant a bug in ${file}; its place is there ${places} times: ${find}`);
  return source.replace(find, () => instead);
}
