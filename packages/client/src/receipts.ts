import type { UserId } from "@earshot/protocol";

/** How far members have it. Frozen. */
export interface ReceiptsView {
  /** The other members' watermarks; empty in conversations above 100 members, and while no window is watched. */
  readonly members: ReadonlyMap<UserId, { readonly delivered: number; readonly read: number }>;
  /** Every other member has everything up to here; 0 while that is not known. */
  readonly delivered: number;
  readonly read: number;
}
