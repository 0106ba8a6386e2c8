import type { Choices } from "./choices.ts";

/** Where each port of the engine lives: `postgres://…`, `redis://…`, `nats://…`. */
export type PortUrls = Readonly<Record<keyof Choices, string>>;

/** What a gateway process is told, in the variable below: addresses may hold passwords, which a command line shows to everybody. */
export interface GatewaySettings extends Choices {
  readonly node: string;
  readonly port: number;
  /** Whether another port will do if that one is taken. */
  readonly anyPort: boolean;
  readonly drainMs: number;
  readonly urls: PortUrls;
}

export const GATEWAY_SETTINGS = "EARSHOT_CLUSTER_GATEWAY";

/** What it says to the process that started it: the first once, when it serves. */
export type GatewayWord = { readonly ready: string } | { readonly failed: string };
