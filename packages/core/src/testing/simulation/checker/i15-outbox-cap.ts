import type { Invariant } from "./indexed-history.ts";

/** I15: what has a bound stays within it. */
export const outboxCap: Invariant = ({ book }, report) => {
  book.each(["gauge"], ({ p, name, value, max }, no) => {
    if (value > max) report.violated("I15", `${p}: ${name} is ${value}, and may be ${max}`, no);
  });
};
