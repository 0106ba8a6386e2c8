import type { GatewayProcess } from "../src/gateway-process.ts";

/** A gateway as a balancer has it. `life`: `n1#2`, its process. */
export interface Target {
  readonly life: string;
  readonly url: string;
}

/** Stands for a balancer: every connection goes to the next gateway in turn that is not known to be down. */
export class Route {
  readonly #gateways: readonly GatewayProcess[];
  readonly #lives = new Map<GatewayProcess, number>();
  /** If given, all go there as long as it runs. */
  only: GatewayProcess | null = null;
  #turn = 0;

  constructor(gateways: readonly GatewayProcess[]) {
    this.#gateways = gateways;
    for (const gateway of gateways) this.#lives.set(gateway, 1);
  }

  lifeOf(gateway: GatewayProcess): string {
    return `${gateway.node}#${this.#lives.get(gateway)}`;
  }

  /** It has a new process. */
  begin(gateway: GatewayProcess): void {
    this.#lives.set(gateway, (this.#lives.get(gateway) ?? 0) + 1);
  }

  /** One for each try of a connection, the first first; none if all are down. */
  targets(): readonly Target[] {
    const up = this.#gateways.filter(({ pid }) => pid !== null);
    this.#turn += 1;
    const turned = up.map((_, index) => up[(this.#turn + index) % up.length] as GatewayProcess);
    const ordered = this.only?.pid == null ? turned : [this.only];
    return ordered.map((gateway) => ({ life: this.lifeOf(gateway), url: gateway.url }));
  }
}
