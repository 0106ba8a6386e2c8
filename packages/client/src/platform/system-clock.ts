import type { Clock, Timer } from "../ports/clock.ts";

/** `setTimeout` takes 31 bits and fires at once beyond them; longer waits are cut into these. */
const SLICE_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, run) => {
    const dueAt = performance.now() + ms;
    let handle: ReturnType<typeof setTimeout>;
    const arm = (): void => {
      const left = dueAt - performance.now();
      handle = setTimeout(fire, Math.min(Math.ceil(left), SLICE_MS));
    };
    // platforms fire up to a millisecond early, and long waits come in slices
    const fire = (): void => (performance.now() < dueAt ? arm() : run());
    arm();
    const timer: Timer = { cancel: () => clearTimeout(handle) };
    return timer;
  },
};
