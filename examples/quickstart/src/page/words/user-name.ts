/** What the demo login of this server takes for a user. */
const NAME = /^[a-z0-9-]{1,32}$/;

/** The rule, for people. */
export const NAME_RULE = "Use 1 to 32 small letters, digits or dashes.";

export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Lower case and no space around: what a phone's keyboard tends to add. */
export function tidyName(text: string): string {
  return text.trim().toLowerCase();
}

/** Names out of a line: separated by commas or spaces, each once. */
export function namesIn(line: string): readonly string[] {
  return [...new Set(line.split(/[\s,;]+/).map(tidyName))].filter((name) => name !== "");
}
