export type Retransmit = "wait" | "again" | "give up";

/**
 * Whether the oldest unacknowledged frame is to be written again. With the defaults: at 10, 20 and
 * 30 s, and at 40 s without any ack the session ends (protocol, section 4). Pure.
 */
export function retransmitDue(
  ageMs: number,
  rounds: number,
  limits: { readonly againAfterMs: number; readonly ackWithinMs: number },
): Retransmit {
  if (ageMs >= limits.ackWithinMs) return "give up";
  return ageMs >= limits.againAfterMs * (rounds + 1) ? "again" : "wait";
}
