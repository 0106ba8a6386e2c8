import { describe, expect, it } from "vitest";
import { Addresses } from "./addresses.ts";

/** A bucket that lets so many pass, and is never refilled. */
function bucketOf(tokens: number) {
  let left = tokens;
  return { wait: () => (left > 0 ? 0 : 1_000), take: () => left-- };
}

function addresses(limits: { connectionsPerAddressMax?: number; rememberedMax?: number } = {}, tokens = 2): Addresses {
  return new Addresses({
    limits: { connectionsPerAddressMax: 3, rememberedMax: 100, ...limits },
    bucket: () => bucketOf(tokens),
  });
}

describe("Addresses", () => {
  it("S42: lets so many of one address come at once, and others meanwhile", () => {
    const door = addresses();
    for (let come = 0; come < 2; come++) {
      expect(door.wait("192.0.2.1", 0)).toBe(0);
      door.take("192.0.2.1", 0);
    }
    expect(door.wait("192.0.2.1", 0)).toBe(1_000);
    expect(door.wait("192.0.2.2", 0)).toBe(0);
  });

  it("S42: so many sessions of one address are here at a time", () => {
    const door = addresses();
    for (let come = 0; come < 3; come++) door.enter("192.0.2.1");
    expect(door.wait("192.0.2.1", 0)).toBeGreaterThan(0);
    door.leave("192.0.2.1");
    expect(door.wait("192.0.2.1", 0)).toBe(0);
    for (let gone = 0; gone < 2; gone++) door.leave("192.0.2.1");
    expect(door.size).toBe(0);
  });

  it.each([
    ["2001:db8:0:1::1", "2001:DB8:0:1:ffff::2", true],
    ["2001:db8::1", "2001:db8:0:0:1::", true],
    ["2001:db8:0:1::1", "2001:db8:0:2::1", false],
    ["::1", "::2", true],
    ["192.0.2.1", "192.0.2.2", false],
    ["unknown", "192.0.2.1", false],
  ])("S42: %s and %s are one address: %s", (one, other, same) => {
    const door = addresses({}, 1);
    door.take(one, 0);
    expect(door.wait(other, 0) > 0).toBe(same);
  });

  it("knows no bound for who comes from nobody knows where", () => {
    const door = addresses({}, 1);
    for (let come = 0; come < 10; come++) door.take("", 0);
    expect(door.wait("", 0)).toBe(0);
  });

  it("S42: remembers a bounded number of addresses", () => {
    const door = addresses({ rememberedMax: 10 }, 1);
    for (let host = 0; host < 1_000; host++) door.take(`192.0.${host >> 8}.${host & 255}`, 0);
    const remembered = Array.from({ length: 1_000 }, (_, host) => door.wait(`192.0.${host >> 8}.${host & 255}`, 0));
    expect(remembered.filter((wait) => wait > 0)).toHaveLength(10);
  });
});
