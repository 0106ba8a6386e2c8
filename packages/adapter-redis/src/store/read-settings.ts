import type { ConversationSettings, Retention } from "@earshot/core";
import { type Body, parseJson } from "@earshot/protocol";
import { bucketOf } from "../keys.ts";
import { conversationRecord } from "./records.ts";
import type { StoreLink } from "./store-link.ts";

/** What `meta` events have made of a conversation, as Redis keeps it: JSON. */
export type SettingsTexts = readonly [title: string, meta: string, pinned: string, retention: string];

export function parsedSettings([title, meta, pinned, retention]: SettingsTexts) {
  return {
    title: parseJson(title) as string | null,
    meta: parseJson(meta) as Body | null,
    pinned: parseJson(pinned) as readonly number[],
    retention: parseJson(retention) as Retention | null,
  };
}

/** As `MessageStore.settings`. */
export async function readSettings(link: StoreLink, id: string): Promise<ConversationSettings | null> {
  const { keys, clocks } = link;
  const bucket = bucketOf(id);
  const answer = await link.run("settings", [keys.bucket(bucket), keys.conversation(id)]);
  if (answer === null) return null;
  const [told, head, seldom, ...texts] = answer as readonly [string, string, string, ...SettingsTexts];
  const record = conversationRecord(head, seldom, clocks.hear(bucket, told));
  const { epoch, kind, mode, open, slow, members, settingsVersion, membersVersion } = record;
  return { ...parsedSettings(texts), epoch, kind, mode, open, slow, members, settingsVersion, membersVersion };
}
