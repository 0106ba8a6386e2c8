import { describe, expect, it } from "vitest";
import type { GatewayProcess } from "../src/gateway-process.ts";
import { Route } from "./route.ts";

interface Told {
  node: string;
  url: string;
  pid: number | null;
}

function cluster(): { readonly told: Told[]; readonly gateways: readonly GatewayProcess[]; readonly route: Route } {
  const told: Told[] = ["n1", "n2", "n3"].map((node, index) => ({ node, url: `http://${node}`, pid: index + 1 }));
  // What a route asks of a process is told here; starting three to be asked would add nothing.
  const gateways = told as unknown as GatewayProcess[];
  return { told, gateways, route: new Route(gateways) };
}

describe("Route", () => {
  it("takes gateways in turn, and the others if one does not answer", () => {
    const { route } = cluster();
    const firsts = [1, 2, 3].map(() => route.targets()[0]?.url);
    expect(new Set(firsts).size).toBe(3);
    expect(new Set(route.targets().map(({ url }) => url)).size).toBe(3);
  });

  it("passes over who is down, and tells a new process from the old one", () => {
    const { told, gateways, route } = cluster();
    const [first] = gateways;
    const [own] = told;
    if (first === undefined || own === undefined) throw new Error("no gateway");
    own.pid = null;
    expect(
      route
        .targets()
        .map(({ life }) => life)
        .sort(),
    ).toEqual(["n2#1", "n3#1"]);
    own.pid = 9;
    route.begin(first);
    expect(route.targets().map(({ life }) => life)).toContain("n1#2");
  });

  it("goes to one alone while that runs", () => {
    const { told, gateways, route } = cluster();
    route.only = gateways[1] ?? null;
    expect(route.targets().map(({ url }) => url)).toEqual(["http://n2"]);
    for (const each of told) if (each.node === "n2") each.pid = null;
    expect(route.targets()).toHaveLength(2);
  });
});
