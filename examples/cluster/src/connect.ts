import { natsOptions } from "@earshot/adapter-nats";
import { connect as connectNats, type NatsConnection } from "@nats-io/transport-node";
import { Redis } from "ioredis";
import { Pool } from "pg";

/** Connections of one gateway's own, each made when something first asks for it; what lives at one address shares one. */
export class Connections {
  readonly #complain: (url: string, error: Error) => void;
  readonly #known = new Map<string, unknown>();
  readonly #ends: (() => unknown)[] = [];

  /** `complain`: told of connections that break; their drivers come back by themselves. */
  constructor(complain: (url: string, error: Error) => void) {
    this.#complain = complain;
  }

  postgres(url: string): Pool {
    return this.#one(url, () => {
      const pool = new Pool({ connectionString: url, max: 10, pipeline: true });
      this.#ends.push(() => pool.end());
      // Of an idle connection: without a listener it would end the process.
      return pool.on("error", (error) => this.#complain(url, error));
    });
  }

  redis(url: string): Redis {
    return this.#one(url, () =>
      new Redis(url, { lazyConnect: true }).on("error", (error) => this.#complain(url, error)),
    );
  }

  nats(url: string): Promise<NatsConnection> {
    return this.#one(url, () => {
      const connecting = connectNats(natsOptions({ servers: url }));
      this.#ends.push(async () => (await connecting).close());
      return connecting;
    });
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#ends.splice(0).map((end) => end()));
  }

  #one<C>(url: string, make: () => C): C {
    if (!this.#known.has(url)) this.#known.set(url, make());
    return this.#known.get(url) as C;
  }
}
