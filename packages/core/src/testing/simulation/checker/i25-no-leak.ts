import type { Invariant } from "./indexed-history.ts";

/** I25: when all is quiet, what came with connections has gone with them. */
export const noLeak: Invariant = ({ book }, report) => {
  book.each(["left"], ({ name, value, baseline }, no) => {
    if (value > baseline) report.violated("I25", `${name}: ${value} are left of what were ${baseline}`, no);
  });
};
