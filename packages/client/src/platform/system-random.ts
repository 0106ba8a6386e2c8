import type { Random } from "../ports/random.ts";

/** The machine's own chance: the system's where it has one (React Native has not), for ids that never meet. */
export const systemRandom: Random = {
  float: () => {
    if (typeof globalThis.crypto?.getRandomValues !== "function") return Math.random();
    return (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;
  },
};
