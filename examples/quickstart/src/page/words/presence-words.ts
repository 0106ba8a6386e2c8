import type { PresenceView } from "@earshot/client";
import { clockTime, dayName } from "./time-words.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** "Online", "Away", "Last seen 5 minutes ago", "Last seen yesterday at 14:05"; empty where it is not told. */
export function presenceWords({ status, seen }: PresenceView, now: number): string {
  if (status === "online") return "Online";
  if (status === "away") return "Away";
  if (status === "unknown") return "";
  if (seen === null) return "Offline";
  const ago = now - seen;
  if (ago < MINUTE_MS) return "Last seen just now";
  if (ago < HOUR_MS) return `Last seen ${counted(Math.floor(ago / MINUTE_MS), "minute")} ago`;
  const day = dayName(seen, now);
  const when = day === "Today" || day === "Yesterday" ? day.toLowerCase() : `on ${day}`;
  return `Last seen ${when} at ${clockTime(seen)}`;
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
