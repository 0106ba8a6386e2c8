import { ChatError, LIMITS } from "@earshot/protocol";
import type { FanoutPolicy } from "../ports/fanout-policy.ts";

export interface MembersPolicyOptions {
  /** With more members a conversation is `pull`. From 0; default 64. */
  readonly pullAbove?: number;
  /** With fewer members it is `push` again. At most `pullAbove`; default 48, or `pullAbove` if that is less. */
  readonly pushBelow?: number;
}

/** Members below which a conversation is `push` again: far enough below the other bound that it does not go to and fro. */
const PUSH_BELOW = 48;

/**
 * The policy that is the default, with other bounds: by the number of members. Between the two bounds a
 * conversation stays as it is. A `direct` is always `push`. Throws `invalid` for bounds that are none.
 */
export function membersPolicy({
  pullAbove = LIMITS.pushMembersMax,
  pushBelow = Math.min(PUSH_BELOW, pullAbove),
}: MembersPolicyOptions = {}): FanoutPolicy {
  for (const [field, value] of Object.entries({ pullAbove, pushBelow })) {
    if (!Number.isSafeInteger(value) || value < 0) throw invalid(field, "must be a whole number from 0");
  }
  if (pushBelow > pullAbove) throw invalid("pushBelow", "must not be above pullAbove");
  return {
    mode: ({ kind, members, mode }) => {
      if (kind === "direct") return "push";
      if (mode === "pull") return members < pushBelow ? "push" : "pull";
      return members > pullAbove ? "pull" : "push";
    },
  };
}

function invalid(field: string, why: string): ChatError {
  return new ChatError("invalid", `unable to make a fan-out policy; ${field} ${why}`, { details: { field } });
}
