import { describe, expect, it } from "vitest";
import { DEFAULT_LIMITS } from "../options.ts";
import { Conduct } from "./conduct.ts";

describe("Conduct: pings", () => {
  it("S23: answers 20 in ten seconds, refuses as many with their wait, then ends", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    const told = Array.from({ length: 41 }, () => conduct.ping(0));
    expect(told.slice(0, 20)).toEqual(Array(20).fill(0));
    expect(told.slice(20, 40)).toEqual(Array(20).fill(500));
    expect(told[40]).toBe("end");
  });

  it("forgives refusals once a ping was answered again", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    for (let ping = 0; ping < 40; ping++) conduct.ping(0);
    expect(conduct.ping(500)).toBe(0);
    expect(conduct.ping(500)).toBe(500);
  });

  it("never refuses a client that pings once a second", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    for (let now = 0; now < 600_000; now += 1_000) expect(conduct.ping(now)).toBe(0);
  });
});

describe("Conduct: polls", () => {
  it("S56: ends who polls without end, and nobody who sends each frame by a poll of its own", () => {
    const conduct = new Conduct({ ...DEFAULT_LIMITS, pollsPerTenSecondsMax: 50 });
    expect(Array.from({ length: 51 }, () => conduct.poll(0))).toEqual([...Array(50).fill(true), false]);
    expect(conduct.poll(200)).toBe(true);
    const honest = new Conduct(DEFAULT_LIMITS);
    for (let now = 0; now < 60_000; now += 10) for (let poll = 0; poll < 2; poll++) expect(honest.poll(now)).toBe(true);
  });
});

describe("Conduct: refusals", () => {
  it("S46: ends who is refused more often than a client that waits ever is", () => {
    const conduct = new Conduct({ ...DEFAULT_LIMITS, refusedPerTenSecondsMax: 50 });
    const told = Array.from({ length: 51 }, () => conduct.refused(0));
    expect(told).toEqual([...Array(50).fill(true), false]);
    expect(conduct.refused(200)).toBe(true);
  });

  it("S46: never ends a client that has 64 sends refused each time it tries again", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    // The shortest wait told is 200 ms, and of the 64 on the way 20 pass.
    for (let now = 0; now < 60_000; now += 200)
      for (let refused = 0; refused < 44; refused++)
        if (!conduct.refused(now)) throw new Error(`ended after ${now} ms`);
  });
});

describe("Conduct: control frames", () => {
  it("S23: lets 60 pass in ten seconds", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    const told = Array.from({ length: 61 }, () => conduct.control(0));
    expect(told.filter((passed) => passed)).toHaveLength(60);
    expect(told[60]).toBe(false);
    expect(conduct.control(167)).toBe(true);
  });
});

describe("Conduct: invalid frames", () => {
  it("lets nine pass in any minute, and not the tenth", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    const told = Array.from({ length: 10 }, (_, index) => conduct.invalid(index * 1_000));
    expect(told).toEqual([...Array(9).fill(true), false]);
  });

  it("forgets each after a minute", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    for (let at = 0; at < 9; at++) conduct.invalid(at);
    expect(conduct.invalid(60_000)).toBe(true);
    // Of the first nine eight are left, and the one just told.
    expect(conduct.invalid(60_000)).toBe(false);
  });

  it("takes cursors of an ack once a second, a few at once", () => {
    const conduct = new Conduct(DEFAULT_LIMITS);
    const taken = Array.from({ length: 8 }, () => conduct.cursors(0)).filter(Boolean);
    expect(taken).toHaveLength(5);
    expect([conduct.cursors(999), conduct.cursors(1_000), conduct.cursors(1_000)]).toEqual([false, true, false]);
  });
});
