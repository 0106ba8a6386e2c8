import { describe, it } from "vitest";
import { liveAtRandom } from "./testing/outsider/live-at-random.ts";

/** Of the committed run; EARSHOT_SEED replays one. */
const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

const asked = process.env["EARSHOT_SEED"];

describe("ChatEngine: everything at once, as an outsider sees it", () => {
  it.each(asked === undefined ? SEEDS : [Number(asked)])(
    "I1, I2, I3, I4, I5, I6, I8, I9, I10, I11, I13, I14, I16, I17, I18, I25: seed %i",
    async (seed) => {
      await liveAtRandom(seed);
    },
    60_000,
  );
});
