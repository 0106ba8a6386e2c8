import { ChatError } from "@earshot/protocol";
import { expect, it } from "vitest";
import { redisFailure, requireVersion } from "./redis-failure.ts";

it("says what is wrong and whether it passes", () => {
  const cases = [
    ["NOAUTH Authentication required.", "unauthenticated", false],
    ["WRONGPASS invalid username-password pair or user is disabled.", "unauthenticated", false],
    ["NOPERM User x has no permissions to run the 'evalsha' command", "forbidden", false],
    ["LOADING Redis is loading the dataset in memory", "unavailable", true],
    ["connect ECONNREFUSED 127.0.0.1:6379", "unavailable", true],
  ] as const;
  for (const [said, code, passes] of cases) {
    const failure = redisFailure("open bus", new Error(said));
    expect([failure.code, failure.retryable], said).toEqual([code, passes]);
    expect(failure.message).toMatch(/^unable to open bus; /);
  }
  const own = new ChatError("closed", "unable to use bus; it is not open");
  expect(redisFailure("open bus", own)).toBe(own);
});

it("refuses a server that is too old, by its version", () => {
  const open = (info: unknown) => () => requireVersion("open bus", info, [6, 2]);
  for (const version of ["6.2.0", "6.10.1", "7.0.15", "10.0.0"]) open(`# Server\r\nredis_version:${version}\r\n`)();
  expect(open("redis_version:6.0.16\r\n")).toThrow(
    "unable to open bus; the server has to be Redis 6.2 or newer, it is 6.0",
  );
  expect(open("redis_version:5.4.0\r\n")).toThrow("it is 5.4");
  expect(open("")).toThrow("does not say its version");
});
