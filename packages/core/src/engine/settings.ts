import { type Body, ChatError, type ConversationId, type Role } from "@earshot/protocol";
import type { Clock } from "../ports/clock.ts";
import type { ConversationSettings, Settings } from "../ports/conversation-settings.ts";
import type { MessageStore } from "../ports/message-store.ts";
import type { Caller } from "./caller.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { Changes } from "./changes.ts";
import type { Sequencer } from "./sequencer.ts";

export interface SettingsSurroundings {
  readonly store: Pick<MessageStore, "access" | "settings" | "row" | "range">;
  readonly sequencer: Pick<Sequencer, "append">;
  readonly clock: Clock;
  readonly changes: Changes;
}

export interface SettingsChange {
  /** What was asked for, as the errors say it. */
  readonly action: string;
  /** Roles that may. */
  readonly by: readonly Role[];
  /** What the settings become, decided by what they are. May reject. */
  wanted(settings: ConversationSettings): Partial<Settings> | Promise<Partial<Settings>>;
}

/**
 * Changes a conversation's settings by one `meta` event, whose body holds only what is another value than
 * before; nothing is appended where nothing is. Decided by the settings as they are at the append itself.
 * Rejects with `not_found`, `forbidden`, `unavailable`.
 */
export async function changeSettings(
  house: SettingsSurroundings,
  caller: Caller,
  c: ConversationId,
  change: SettingsChange,
): Promise<void> {
  await house.changes.decide(c, change.action, () => tryChange(house, caller, c, change));
}

/** null: others changed them meanwhile. */
async function tryChange(
  house: SettingsSurroundings,
  caller: Caller,
  c: ConversationId,
  { action, by, wanted }: SettingsChange,
): Promise<true | null> {
  if (!caller.system) {
    const [access] = await house.store.access([{ user: caller.user, conversation: c }]);
    if (!access) throw refusal("not_found", action);
    if (!by.includes(access.role)) throw refusal("forbidden", action);
  }
  const settings = await house.store.settings(c);
  if (settings === null) throw refusal("not_found", action);
  const changed = differing(await wanted(settings), settings);
  if (Object.keys(changed).length === 0) return true;
  const result = await house.sequencer.append({
    conversation: c,
    user: caller.user,
    at: house.clock.now(),
    type: "meta",
    body: changed as Body,
    by,
    settings: changed,
    ifSettingsVersion: settings.settingsVersion,
    ...(caller.system ? { system: true } : {}),
  });
  if (result.kind === "event") return true;
  if (result.kind === "refused" && (result.code === "not_found" || result.code === "forbidden")) {
    throw refusal(result.code, action);
  }
  return null;
}

/** Those that are another value than now; the order of keys is none. Pure. */
export function differing(wanted: Partial<Settings>, now: Settings): Partial<Settings> {
  return Object.fromEntries(
    Object.entries(wanted).filter(
      ([name, value]) => value !== undefined && canonicalJson(value) !== canonicalJson(now[name as keyof Settings]),
    ),
  );
}

function refusal(code: "not_found" | "forbidden", action: string): ChatError {
  const why = code === "not_found" ? "no such conversation" : "your role does not allow it";
  return new ChatError(code, `unable to ${action}; ${why}`);
}
