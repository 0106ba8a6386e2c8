import type { Invariant } from "./indexed-history.ts";

/** I5: a log is 1, 2, 3 … N, as the store has it and as a fresh reader pages it. */
export const contiguity: Invariant = ({ logs }, report) => {
  for (const log of logs.values()) {
    const places = log.final?.places ?? [];
    const { conv, head } = log;
    for (const as of ["store", "page"] as const) {
      if (as === "store" ? !log.hasStore : !log.hasPages) continue;
      let missing = 0;
      for (let seq = 1; seq <= head; seq++) {
        const found = places[seq]?.[as] ?? [];
        if (found.length > 1) {
          report.counts.doubled++;
          report.violated("I5", `${conv} ${seq}: the ${as} has it ${found.length} times`, ...found);
        }
        if (found.length > 0 || missing++ > 0) continue;
        const around = [places[seq - 1], places[seq + 1]].map((place) => place?.store[0]);
        report.violated("I5", `${conv} ${seq}: the ${as} does not have it, and the log goes to ${head}`, ...around);
      }
    }
  }
};
