import { quantile } from "../median.ts";
import { treeCpuSeconds } from "../tree-cpu.ts";
import type { PageCosts } from "./history-request.ts";

/** Times pages, one after the other. */
export class PageMeter {
  readonly #serverPid: number | null;
  readonly #took: number[] = [];
  readonly #cpuAt: number;

  constructor(serverPid: number | null) {
    this.#serverPid = serverPid;
    this.#cpuAt = this.#cpuMs();
  }

  async page<Page>(read: () => Promise<Page>): Promise<Page> {
    const startedAt = performance.now();
    const page = await read();
    this.#took.push(performance.now() - startedAt);
    return page;
  }

  costs(): PageCosts {
    const pages = this.#took.length;
    if (pages === 0) throw new Error("no page was read");
    return {
      p50Ms: quantile(this.#took, 0.5),
      p95Ms: quantile(this.#took, 0.95),
      maxMs: quantile(this.#took, 1),
      cpuMs: (this.#cpuMs() - this.#cpuAt) / pages,
      pages,
    };
  }

  #cpuMs(): number {
    const { user, system } = process.cpuUsage();
    const server = this.#serverPid === null ? 0 : treeCpuSeconds(this.#serverPid);
    return (user + system) / 1_000 + server * 1_000;
  }
}
