import { describe, expect, it } from "vitest";
import { SeededRandom } from "../testing/seeded-random.ts";
import { leaseName, nodeOfLease } from "./lease-name.ts";

describe("a node's name in the registry", () => {
  it("is another one in each life of its process, and tells the node", () => {
    const random = new SeededRandom(1);
    const [first, second] = [leaseName("n-1", random), leaseName("n-1", random)];
    expect(first).not.toBe(second);
    for (const name of [first, second]) {
      expect(name).toMatch(/^[A-Za-z0-9._:~-]{1,128}$/);
      expect(nodeOfLease(name)).toBe("n-1");
    }
    expect(nodeOfLease("n2")).toBe("n2");
  });
});
