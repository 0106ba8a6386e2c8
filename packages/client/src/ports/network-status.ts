import type { Undo } from "../live.ts";

/** `wake`: the page or machine came back from where its timers stood still. */
export type NetworkChange = "online" | "offline" | "wake";

/** What the platform says about the network. Only a hint: it hastens, it never forbids. */
export interface NetworkStatus {
  subscribe(listener: (change: NetworkChange) => void): Undo;
}
