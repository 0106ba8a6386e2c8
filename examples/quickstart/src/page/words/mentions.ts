import type { SendOptions } from "@earshot/client";

const NAME = /(?:^|[\s(])@([a-z0-9-]{1,32})/g;
/** As many as one message may name. */
const NAMES_MAX = 100;

/** Whom a text names with "@bob", or all of them with "@all"; undefined where nobody. */
export function mentionsIn(text: string): SendOptions["mentions"] {
  const names = new Set([...text.matchAll(NAME)].map(([, name = ""]) => name));
  if (names.has("all")) return "all";
  return names.size === 0 ? undefined : [...names].slice(0, NAMES_MAX);
}
