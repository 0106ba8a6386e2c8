import { roleOf } from "./ranks.ts";
import type { EventRecord, PresentRecord, ViewRecord } from "./records.ts";

/** Rows as JSON texts: what is JSON in the tables goes into them as it is. */

/** An `EventRow` as the log has it. */
export function eventText(event: EventRecord): string {
  return `${fields(event, event.body)}}`;
}

/** An `EventRow` in its present state. */
export function presentText(event: PresentRecord): string {
  const { deleted, edited, edited_body: editedBody, reactions, body } = event;
  let text = fields(event, deleted ? null : edited === null ? body : editedBody);
  if (edited !== null && !deleted) text += `,"edited":${edited}`;
  // The server's JSON has spaces in it. Arrays alone, so that V8's reading of escaped keys does not matter.
  if (reactions !== null && !deleted) text += `,"reactions":${JSON.stringify(JSON.parse(reactions))}`;
  if ((event.replies ?? 0) > 0) text += `,"replies":${event.replies}`;
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
  if (deleted) text += `,"deleted":true`;
  return text;
}

/** An `InboxRow`; `last`: an `EventRow` or null, as JSON text. */
export function inboxRowText(view: ViewRecord, last: string): string {
  let text = `{"c":${JSON.stringify(view.id)},"kind":${JSON.stringify(view.kind)},"mode":${JSON.stringify(view.mode)}`;
  text += `,"epoch":${JSON.stringify(view.epoch)},"head":${view.head},"ord":${view.ord},"delivered":${view.delivered}`;
  text += `,"read":${view.read},"unread":${view.ord - view.read_ord},"mentions":${view.mentions}`;
  text += `,"role":"${roleOf(view.rank)}","title":${JSON.stringify(view.title)},"meta":${view.meta}`;
  text += `,"mute":${view.mute ?? false},"last":${last}`;
  if (view.marked) text += `,"marked":true`;
  if (view.open) text += `,"open":true`;
  if (view.slow > 0) text += `,"slow":${view.slow}`;
  if (view.pinned !== "[]") text += `,"pinned":${view.pinned}`;
  if (view.retention !== null) text += `,"retention":${view.retention}`;
  return `${text}}`;
}
