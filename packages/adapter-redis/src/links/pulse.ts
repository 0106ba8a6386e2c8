import type { Link } from "./link.ts";

/** How often a link is asked whether it is there, and how long it may say nothing, in ms. No driver does so by itself. */
const PING_EVERY_MS = 3_000;
const SILENT_MAX_MS = 10_000;

/**
 * Watches a link that only listens: a server that has gone without a word is noticed by nothing else. Calls `dead` once
 * nothing was answered for `silentMs`. Returns its undo.
 */
export function watchPulse(
  link: Pick<Link, "call">,
  dead: () => void,
  { everyMs = PING_EVERY_MS, silentMs = SILENT_MAX_MS } = {},
): () => void {
  let over = false;
  let heard = 0;
  const hear = () => {
    heard++;
    silence.refresh();
  };
  // A link that fails says so itself; one that refuses the question has answered it.
  const ping = setInterval(() => void link.call("PING").then(hear, hear), everyMs);
  const silence = setTimeout(() => {
    const before = heard;
    // After a turn that took long, what has come meanwhile is read first.
    setImmediate(() => {
      if (over || heard !== before) return;
      dead();
    });
  }, silentMs);
  return () => {
    over = true;
    clearInterval(ping);
    clearTimeout(silence);
  };
}
