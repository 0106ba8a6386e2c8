import { reconnectDelay } from "@earshot/client/testing";
import { quantile } from "../../median.ts";
import { conversationName, conversationsOf, userName } from "../../population.ts";
import { type Figures, VoidRun } from "../../scenario.ts";
import { EarshotReturning } from "../storm/earshot-returning.ts";
import { Joining } from "../storm/joining.ts";
import type { Returning } from "../storm/returning.ts";
import type { StormTask } from "../task.ts";
import { becomes, passes } from "../wait.ts";

/** Who comes in for the first time comes slower than any server admits, per second. */
const ENTER_PER_SECOND = 1_000;
const BACK_WITHIN_MS = 60_000;

/** What becomes of the clients of one run. */
class Storm {
  readonly clients: readonly Returning[];
  /** Time from the loss until everything was there, of each that is back, in ms. */
  readonly caughtUp: number[] = [];
  attempts = 0;
  trouble: string | null = null;

  constructor(clients: readonly Returning[]) {
    this.clients = clients;
  }

  /** From now on a loss is the one that is measured. */
  expectLoss(): void {
    for (const client of this.clients) {
      client.onLost = () => {
        client.onLost = (why) => this.note(`a client was lost a second time: ${why}`);
        this.#return(client).catch((error: unknown) => this.note(String(error)));
      };
    }
  }

  note(why: string): void {
    this.trouble ??= why;
  }

  async #return(client: Returning): Promise<void> {
    const lostAt = performance.now();
    for (let attempt = 0; this.trouble === null; attempt++) {
      // A client's own rule: after the loss of a session within `spread`, then full jitter, twice as long each time.
      const delay = { attempt, welcomed: attempt === 0, own: false, spreadMs: client.spreadMs };
      await passes(reconnectDelay(delay, { float: Math.random }));
      this.attempts++;
      try {
        await client.comeBack();
        this.caughtUp.push(performance.now() - lostAt);
        return;
      } catch (error) {
        if (error instanceof VoidRun) throw error;
      }
    }
  }
}

let storm: Storm | null = null;

/** Everybody comes in and gets ready to lose the server. */
export async function gather(task: StormTask): Promise<Figures> {
  const clients = clientsOf(task);
  const enterMs = (clients.length / ENTER_PER_SECOND) * 1_000;
  await Promise.all(
    clients.map(async (client, place) => {
      await passes((place / clients.length) * enterMs);
      await client.enter();
    }),
  );
  await Promise.all(clients.map((client) => client.prepare()));
  storm = new Storm(clients);
  storm.expectLoss();
  return { spreadMs: Math.max(...clients.map(({ spreadMs }) => spreadMs)) };
}

function clientsOf({ target, population, behind, spreadMs }: StormTask): Returning[] {
  const { port, dialect } = target;
  return conversationsOf(population).map(([first = 0], index) => {
    const user = userName(index);
    return dialect === "earshot"
      ? new EarshotReturning({ port, index, user, behind })
      : new Joining(dialect, { port, index, user, conversation: conversationName(first) }, spreadMs);
  });
}

/** Resolves when all are back. Rejects with `VoidRun` if one is not in time, or has not got what it missed. */
export async function awaitAll(): Promise<Figures> {
  const run = storm;
  if (run === null) throw new VoidRun("nobody was gathered");
  await becomes(() => run.trouble !== null || run.caughtUp.length === run.clients.length, BACK_WITHIN_MS);
  if (run.trouble !== null) throw new VoidRun(run.trouble);
  const away = run.clients.length - run.caughtUp.length;
  if (away > 0) throw new VoidRun(`${away} clients did not come back`);
  return {
    attemptsPerClient: run.attempts / run.clients.length,
    p50Ms: quantile(run.caughtUp, 0.5),
    p95Ms: quantile(run.caughtUp, 0.95),
    p99Ms: quantile(run.caughtUp, 0.99),
  };
}
