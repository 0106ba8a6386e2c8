import { ChatError } from "@earshot/protocol";
import type { StoredSend } from "../ports/stored.ts";
import type { QueuedSend } from "../send/queued-send.ts";
import type { QueueInside } from "../storage-room.ts";
import { draftOf } from "./stored-sends.ts";
import { type AnswerNote, errorOf } from "./tab-note.ts";

/** Takes a stored send into the queue, unless it is there: as it was written, at its place. */
export function adoptSend(inside: QueueInside, stored: StoredSend): void {
  const { id, c, place, poisoned } = stored;
  const known = inside.find(c, id);
  if (known && known.status !== "failed") return;
  const answered = inside.kept.take(c, id);
  const send = known ?? answered ?? inside.make(draftOf(stored));
  if (send.status !== "pending") send.pendAgain();
  send.place = place;
  send.strikes = poisoned;
  // by whom, and whether it went out, cannot be known
  send.unknown = true;
  const isLater = (other: QueuedSend): boolean => other.place === 0 || other.place > place;
  inside.shown.add(send, isLater);
  inside.line.add(send, (other) => !other.tried && isLater(other));
  if (send.draft.composed === null)
    inside.refuse(send, new ChatError("invalid", "unable to send; what was stored is no send"));
  inside.want();
  inside.onChange(c);
}

/** Takes over the answer that another tab has had. */
export function takeAnswer(inside: QueueInside, note: AnswerNote): void {
  const { c, id } = note;
  const send = inside.find(c, id);
  if (send === undefined || send.status === "sent") return;
  if (note.t === "sent") {
    inside.line.remove(send);
    send.confirm(note.epoch, note.row);
    inside.kept.add(send);
    // its row is on its way to this session too; until then it stands where it stood
    if (!inside.awaits(c, note.row.seq)) inside.shown.remove(send);
  } else {
    if (send.status === "pending") inside.fail(send, errorOf(note));
    if (note.code === "aborted") inside.shown.remove(send);
  }
  inside.onChange(c);
  inside.onDue();
}
