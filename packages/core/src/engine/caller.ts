import type { UserId } from "@earshot/protocol";

/** Who asks. */
export interface Caller {
  readonly user: UserId;
  /** The session whose send is answered by `sent` instead of `event`; null over HTTP. */
  readonly origin: object | null;
}
