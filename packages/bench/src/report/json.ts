import type { Report } from "./report.ts";
import type { Versions } from "./versions.ts";

/** The report as one line of JSON. */
export function jsonLine(
  { scenario, parameters, peers, ratios, goals }: Report,
  runs: number,
  versions: Versions,
): string {
  return JSON.stringify({
    scenario,
    parameters: { ...parameters, runs },
    peers: Object.fromEntries(
      peers.map(({ name, figures, quartiles, guarantees }) => [name, { ...figures, quartiles, guarantees }]),
    ),
    ratios,
    goals,
    versions,
  });
}
