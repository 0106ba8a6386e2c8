import type { Asking } from "../ports/commands.ts";

/** Who asks, and from where. */
export interface Caller extends Asking {
  /** The session whose send is answered by `sent` instead of `event`; null over HTTP and in process. */
  readonly origin: object | null;
}
