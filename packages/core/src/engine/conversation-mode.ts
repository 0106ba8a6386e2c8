import { ChatError, type ConversationId, isChatError, type Mode } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { FanoutPolicy, FanoutSize } from "../ports/fanout-policy.ts";
import type { Logger } from "../ports/logger.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import type { Changes } from "./changes.ts";
import { ANY_ROLE } from "./permissions.ts";
import type { Sequencer } from "./sequencer.ts";

export interface ModeSurroundings {
  readonly store: Pick<MessageStore, "settings">;
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly changes: Changes;
  readonly fanout: FanoutPolicy;
}

/** How the host's policy wants a conversation's events to travel. Throws what the policy throws, and `internal` for an answer that is none. */
export function wantedMode(policy: FanoutPolicy, size: FanoutSize): Mode {
  const mode: unknown = policy.mode(size);
  if (mode === "push" || mode === "pull") return mode;
  throw new ChatError("internal", "unable to choose a mode; the fan-out policy gave neither push nor pull");
}

/**
 * After a change of members, made by `caller`, who may be a member no longer: where the policy wants another mode,
 * one `meta` event switches it. Decided by the members and the mode as they are at the append itself, so that two
 * nodes switch it once (trap 29). Never rejects: the change is made, and what fails here the next change of members
 * makes good.
 */
export async function keepMode(house: ModeSurroundings, caller: Caller, c: ConversationId): Promise<void> {
  try {
    await house.changes.decide(c, "change mode", () => trySwitch(house, caller, c));
  } catch (error) {
    const code = isChatError(error) ? error.code : "internal";
    house.logger.warn({ c, code }, "unable to switch between push and pull; the next change of members tries again");
  }
}

/** null: others changed members or settings meanwhile. */
async function trySwitch(house: ModeSurroundings, caller: Caller, c: ConversationId): Promise<true | null> {
  const settings = await house.store.settings(c);
  if (settings === null || settings.kind === "direct") return true;
  const { kind, members, mode: now } = settings;
  const mode = wantedMode(house.fanout, { kind, members, mode: now });
  if (mode === now) return true;
  const result = await house.sequencer.append({
    conversation: c,
    user: caller.user,
    at: house.clock.now(),
    type: "meta",
    body: { mode },
    by: ANY_ROLE,
    settings: { mode },
    ifSettingsVersion: settings.settingsVersion,
    // Who changes the members decides anew behind their change.
    ifMembersVersion: settings.membersVersion,
    // The engine's own decision: no role or membership is asked of who made the call.
    system: true,
  });
  const over = result.kind === "event" || (result.kind === "refused" && result.code === "not_found");
  return over ? true : null;
}
