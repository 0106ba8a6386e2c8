import type { SeededRandom } from "../../seeded-random.ts";
import type { ShownGuarantee } from "../checker/verdict.ts";
import type { HistoryLine } from "../history-line.ts";

/** Something that can be wrong with a history, and the guarantee that it breaks. */
export interface Mutant {
  readonly name: string;
  readonly breaks: ShownGuarantee;
  /** The history with that wrong; null: this one has no place for it. The lines given stay as they are. */
  mutate(lines: readonly HistoryLine[], random: SeededRandom): readonly HistoryLine[] | null;
}
