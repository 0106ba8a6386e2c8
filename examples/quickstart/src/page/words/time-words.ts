const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const WEEKDAY = new Intl.DateTimeFormat(undefined, { weekday: "long" });
const DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long" });
const DATE_WITH_YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const SHORT_DATE = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "medium" });

const DAY_MS = 86_400_000;

/** "14:05" */
export function clockTime(at: number): string {
  return CLOCK.format(at);
}

/** "Thursday 20 November 2026 at 14:05:09" */
export function fullTime(at: number): string {
  return FULL.format(at);
}

/** "Today", "Yesterday", "Thursday", "3 November", "3 November 2025": as it was said on the day `now`. */
export function dayName(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days <= 0) return "Today";
  if (days === 1) return "Yesterday";
  if (days < 7) return WEEKDAY.format(at);
  return sameYear(at, now) ? DATE.format(at) : DATE_WITH_YEAR.format(at);
}

/** The time today, else the day, in the few characters of a list. */
export function shortTime(at: number, now: number): string {
  const days = daysBetween(at, now);
  if (days <= 0) return clockTime(at);
  return days === 1 ? "Yesterday" : SHORT_DATE.format(at);
}

/** Names a local day, so that two times of the same one compare equal. */
export function dayKey(at: number): string {
  const day = new Date(at);
  return `${day.getFullYear()}-${day.getMonth() + 1}-${day.getDate()}`;
}

function daysBetween(at: number, now: number): number {
  return Math.round((startOfDay(now) - startOfDay(at)) / DAY_MS);
}

function startOfDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function sameYear(at: number, now: number): boolean {
  return new Date(at).getFullYear() === new Date(now).getFullYear();
}
