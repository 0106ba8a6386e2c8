import type { UserId } from "@earshot/protocol";

/** How far members have it. Frozen. */
export interface ReceiptsView {
  /** The other members' watermarks; empty in conversations above 100 members, and while no window is watched. */
  readonly members: ReadonlyMap<UserId, { readonly delivered: number; readonly read: number }>;
  /** Above 100 members: how many, apart from its author, have each of the newest messages, by its seq; else empty. */
  readonly tally: ReadonlyMap<number, { readonly delivered: number; readonly read: number }>;
  /** Every other member has everything up to here; 0 while that is not known. */
  readonly delivered: number;
  readonly read: number;
}
