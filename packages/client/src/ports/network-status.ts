import type { Undo } from "../live.ts";

/**
 * `wake`: the page or machine came back, be it from where its timers stood still, be it to the user's
 * eyes. `hidden`: the user does not see it any more.
 */
export type NetworkChange = "online" | "offline" | "wake" | "hidden";

/**
 * What the platform says about the network, and about whether somebody is there. Only a hint: it
 * hastens, it never forbids. Where a page is hidden already it is told at once, from within `subscribe`.
 */
export interface NetworkStatus {
  subscribe(listener: (change: NetworkChange) => void): Undo;
}
