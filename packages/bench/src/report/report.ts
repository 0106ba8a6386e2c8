import { type GoalOutcome, goalOutcome, rounded } from "../goals.ts";
import { type MeasuredPeers, medians, type Runs } from "../measured-case.ts";
import { quantile } from "../median.ts";
import type { Case, Figures, Parameters, Scenario } from "../scenario.ts";

/** What a peer comes to, in the report's order. */
export interface ReportedPeer {
  readonly name: string;
  readonly guarantees: string;
  readonly figures: Figures;
  /** The main figure's quartiles over the runs. */
  readonly quartiles: readonly [number, number];
}

export interface Report {
  readonly scenario: string;
  readonly parameters: Parameters;
  readonly main: string;
  readonly peers: readonly ReportedPeer[];
  /** Every other peer's main figure by the first one's, named `other/first`. */
  readonly ratios: Readonly<Record<string, number>>;
  readonly goals: readonly GoalOutcome[];
}

/** What was measured of one case, as it is told. */
export function reportOf(scenario: Scenario, measured: Case, peers: MeasuredPeers): Report {
  const reported = [...peers].map(([name, runs]) => reportedPeer(scenario, name, runs));
  const figures = new Map(reported.map((peer) => [peer.name, peer.figures]));
  return {
    scenario: scenario.name,
    parameters: measured.parameters,
    main: scenario.main,
    peers: reported,
    ratios: ratiosOf(reported, scenario.main),
    goals: measured.goals.map((goal) => goalOutcome(goal, figures)).filter((outcome) => outcome !== null),
  };
}

function reportedPeer({ peers, main }: Scenario, name: string, runs: Runs): ReportedPeer {
  const figures = Object.entries(medians(runs)).map(([figure, value]) => [figure, rounded(value)] as const);
  const mains = runs.map(({ [main]: value }) => value ?? Number.NaN);
  return {
    name,
    guarantees: peers.find((peer) => peer.name === name)?.guarantees ?? "",
    figures: Object.fromEntries(figures),
    quartiles: [rounded(quantile(mains, 0.25)), rounded(quantile(mains, 0.75))],
  };
}

function ratiosOf(peers: readonly ReportedPeer[], main: string): Record<string, number> {
  const ours = peers.filter(({ name }) => name.startsWith("earshot"));
  const pairs = ours.flatMap((own) =>
    peers
      .filter((peer) => peer !== own)
      .map((peer) => [`${peer.name}/${own.name}`, (peer.figures[main] ?? 0) / (own.figures[main] ?? 0)] as const),
  );
  return Object.fromEntries(pairs.map(([names, value]) => [names, rounded(value)]));
}
