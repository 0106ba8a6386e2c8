import { RANKS } from "./ranks.ts";
import type { EventRecord, SettingsRecord, ViewRecord } from "./records.ts";

/** Rows as JSON texts: what is JSON in the file goes into them as it is. */

/** How a message stands now, beyond its event. */
export interface PresentParts {
  /** The body of the last edit; null: it has none. */
  readonly body: string | null;
  readonly edited: number | null;
  /** JSON: `[[key, count, mine], …]`; null: none. */
  readonly reactions: string | null;
  readonly replies: number;
}

/** An `EventRow` as the log has it. */
export function eventText(event: EventRecord): string {
  return `${fields(event, event.body)}}`;
}

/** An `EventRow` in its present state. */
export function presentText(event: EventRecord, { body, edited, reactions, replies }: PresentParts): string {
  let text = fields(event, body);
  if (edited !== null) text += `,"edited":${edited}`;
  if (reactions !== null) text += `,"reactions":${reactions}`;
  if (replies > 0) text += `,"replies":${replies}`;
  return `${text}}`;
}

function fields(event: EventRecord, body: string | null): string {
  const { seq, ord, type, id, sender, at, re, mentions, slot, deleted } = event;
  let text = `{"seq":${seq},"ord":${ord},"type":${JSON.stringify(type)}`;
  if (id !== null) text += `,"id":${JSON.stringify(id)}`;
  text += `,"from":${JSON.stringify(sender)},"at":${at}`;
  if (body !== null) text += `,"body":${body}`;
  if (re !== null) text += `,"re":${re}`;
  if (mentions !== null) text += `,"mentions":${mentions}`;
  if (slot !== null) text += `,"slot":${JSON.stringify(slot)}`;
  if (deleted === 1) text += `,"deleted":true`;
  return text;
}

/** A `ConversationSettings`. */
export function settingsText(settings: SettingsRecord): string {
  return `{"epoch":${JSON.stringify(settings.epoch)},"kind":${JSON.stringify(settings.kind)},"mode":${JSON.stringify(settings.mode)},"title":${JSON.stringify(settings.title)},"meta":${settings.meta},"open":${settings.open === 1},"slow":${settings.slow},"pinned":${settings.pinned},"retention":${settings.retention},"members":${settings.members},"settingsVersion":${settings.settings_version},"membersVersion":${settings.members_version}}`;
}

/** An `InboxRow`; `last`: an `EventRow` or null, as JSON text. */
export function inboxRowText(view: ViewRecord, mentions: number, last: string): string {
  let text = `{"c":${JSON.stringify(view.id)},"kind":${JSON.stringify(view.kind)},"mode":${JSON.stringify(view.mode)},"epoch":${JSON.stringify(view.epoch)},"head":${view.head},"ord":${view.ord},"delivered":${view.delivered},"read":${view.read},"unread":${view.ord - view.read_ord},"mentions":${mentions},"role":"${RANKS[view.rank]}","title":${JSON.stringify(view.title)},"meta":${view.meta},"mute":${view.mute ?? false},"last":${last}`;
  if (view.marked === 1) text += `,"marked":true`;
  if (view.open === 1) text += `,"open":true`;
  if (view.slow > 0) text += `,"slow":${view.slow}`;
  if (view.pinned !== "[]") text += `,"pinned":${view.pinned}`;
  if (view.retention !== null) text += `,"retention":${view.retention}`;
  return `${text}}`;
}
