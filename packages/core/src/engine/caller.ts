import type { By } from "../ports/hooks.ts";

/** Who asks, wherever they ask from. */
export interface Asking extends By {
  /** The host itself: no role, membership, block, pace, `authorize` or hook stands in its way. */
  readonly system?: true;
}

/** Who asks, and from where. */
export interface Caller extends Asking {
  /** The session whose send is answered by `sent` instead of `event`; null over HTTP and in process. */
  readonly origin: object | null;
}
