import { RANKS } from "./calls.ts";
import type { EventRecord, ViewRecord } from "./statements.ts";

/** Rows as JSON texts: what is JSON in the file goes into them as it is. */

/** An `EventRow`. */
export function eventText({ seq, ord, type, id, sender, at, body, re, mentions }: EventRecord): string {
  let text = `{"seq":${seq},"ord":${ord},"type":${JSON.stringify(type)}`;
  if (id !== null) text += `,"id":${JSON.stringify(id)}`;
  text += `,"from":${JSON.stringify(sender)},"at":${at}`;
  if (body !== null) text += `,"body":${body}`;
  if (re !== null) text += `,"re":${re}`;
  if (mentions !== null) text += `,"mentions":${mentions}`;
  return `${text}}`;
}

/** An `Access`. */
export function accessText(view: ViewRecord): string {
  return `{"role":"${RANKS[view.rank]}","spans":${spansText(view)},"kind":${JSON.stringify(view.kind)},"mode":${JSON.stringify(view.mode)},"epoch":${JSON.stringify(view.epoch)},"head":${view.head},"ord":${view.ord},"delivered":${view.delivered},"read":${view.read},"members":${view.members},"membersVersion":${view.members_version}}`;
}

/** An `InboxRow`; `last`: an `EventRow` or null, as JSON text. */
export function inboxRowText(view: ViewRecord, last: string): string {
  const open = view.open === 1 ? ',"open":true' : "";
  return `{"c":${JSON.stringify(view.id)},"kind":${JSON.stringify(view.kind)},"mode":${JSON.stringify(view.mode)},"epoch":${JSON.stringify(view.epoch)},"head":${view.head},"ord":${view.ord},"delivered":${view.delivered},"read":${view.read},"unread":${view.ord - view.read_ord},"mentions":0,"role":"${RANKS[view.rank]}","title":${JSON.stringify(view.title)},"meta":${view.meta},"mute":false,"last":${last}${open}}`;
}

/** Which seqs a member may have: every stay, the present one open at its end. */
export function spansText({ whole_history, past, since }: ViewRecord): string {
  if (whole_history === 1) return "[[1,null]]";
  return past === "[]" ? `[[${since},null]]` : `${past.slice(0, -1)},[${since},null]]`;
}
