import type { Linter } from "eslint";

/** Globals, and the door through which each comes in instead. */
const globals = {
  Date: "Clock.now",
  performance: "Clock.monotonic",
  setTimeout: "Clock.after",
  setInterval: "Clock.after",
  setImmediate: "Clock.endOfTurn",
  queueMicrotask: "Clock.endOfTurn",
  requestAnimationFrame: "Clock.after",
  requestIdleCallback: "Clock.after",
  crypto: "Random",
};
const properties: readonly (readonly [object: string, property: string, door: string])[] = [
  ["Math", "random", "Random"],
  ["AbortSignal", "timeout", "Clock.after"],
  ["process", "hrtime", "Clock.monotonic"],
  ["process", "uptime", "Clock.monotonic"],
  ["process", "nextTick", "Clock.endOfTurn"],
];
const use = (door: string): string => `Use the injected ${door}.`;

/** Time and chance come in through the door in core and client: that is what makes the whole engine replayable. */
export function timeLaw(): Linter.Config {
  return {
    files: ["packages/{core,client}/src/**/*.ts"],
    ignores: [
      "**/*.test.ts",
      "packages/core/src/system/**",
      "packages/client/src/platform/**",
      "packages/core/src/testing/manual-clock.ts",
      "packages/core/src/testing/simulation/time.ts",
    ],
    rules: {
      "no-restricted-globals": [
        "error",
        {
          globals: Object.entries(globals).map(([name, door]) => ({ name, message: use(door) })),
          checkGlobalObject: true,
          globalObjects: ["window", "self", "global"],
        },
      ],
      "no-restricted-properties": [
        "error",
        ...properties.map(([object, property, door]) => ({ object, property, message: use(door) })),
      ],
    },
  };
}
