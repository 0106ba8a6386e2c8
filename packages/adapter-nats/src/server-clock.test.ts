import { describe, expect, it } from "vitest";
import { ServerClock } from "./server-clock.ts";

function clockAt(): { readonly clock: ServerClock; pass(ms: number): void } {
  let now = 1_000;
  return {
    clock: new ServerClock(() => now),
    pass: (ms) => {
      now += ms;
    },
  };
}

describe("the server's clock", () => {
  it("is behind by no more than the quickest message took", () => {
    const { clock, pass } = clockAt();
    clock.observe(50_000 - 300);
    pass(100);
    clock.observe(50_100 - 2);
    pass(100);
    clock.observe(50_200 - 800);
    expect(clock.now()).toBe(50_198);
  });

  it("follows a server whose clock is set back, within a minute", () => {
    const { clock, pass } = clockAt();
    clock.observe(90_000);
    for (let n = 0; n < 7; n++) {
      pass(10_000);
      clock.observe(20_000 + n * 10_000);
    }
    expect(clock.now()).toBe(80_000);
  });

  it("says when nothing was observed for a while", () => {
    const { clock, pass } = clockAt();
    expect(clock.fresh).toBe(false);
    clock.observe(1);
    expect(clock.fresh).toBe(true);
    pass(31_000);
    expect(clock.fresh).toBe(false);
  });
});
