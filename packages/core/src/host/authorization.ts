import { ChatError } from "@earshot/protocol";
import type { Authorize, AuthorizeRequest } from "../ports/authorize.ts";
import type { Clock } from "../ports/clock.ts";
import type { Logger } from "../ports/logger.ts";
import { askHost } from "./ask-host.ts";

export interface AuthorizationSurroundings {
  /** null: the host gave none. */
  readonly authorize: Authorize | null;
  readonly clock: Pick<Clock, "after">;
  readonly logger: Logger;
  readonly limits: { readonly authorizeWithinMs: number };
}

/** Wait before a client comes back with what `authorize` could not answer. */
const AGAIN_AFTER_MS = 1_000;

/** The host's own word on what a user may do. */
export class Authorization {
  readonly #house: AuthorizationSurroundings;

  constructor(house: AuthorizationSurroundings) {
    this.#house = house;
  }

  /** Whether there is anybody to ask. */
  get given(): boolean {
    return this.#house.authorize !== null;
  }

  /** Whether they may; anything but true is no. Rejects with `unavailable` and a wait. */
  async may(request: AuthorizeRequest): Promise<boolean> {
    const { authorize, clock, limits, logger } = this.#house;
    if (authorize === null) return true;
    try {
      const answer = await askHost<unknown>(clock, limits.authorizeWithinMs, () => authorize(request));
      if (answer.kind === "answer") return answer.value === true;
      logger.error({ action: request.action }, "authorize did not answer in time");
    } catch (error) {
      logger.error(
        { action: request.action, name: error instanceof Error ? error.name : typeof error },
        "authorize failed",
      );
    }
    throw new ChatError("unavailable", "unable to do that; the host could not say whether you may", {
      retryAfterMs: AGAIN_AFTER_MS,
    });
  }
}
