import { element } from "./element.ts";

/** Colours that the style sheet has for people. */
const HUES = 8;

/** A round mark of a person or a conversation: its first letter on a colour of its own. */
export function avatar(name: string, size: "small" | "large" = "large"): HTMLElement {
  return element("span", {
    class: `avatar avatar-${size}`,
    text: (name.match(/[\p{L}\p{N}]/u)?.[0] ?? "?").toUpperCase(),
    attributes: { "data-hue": String(hueOf(name)), "aria-hidden": "true" },
  });
}

/** The same name has the same colour everywhere. */
function hueOf(name: string): number {
  let sum = 7;
  for (const character of name) sum = (sum * 31 + (character.codePointAt(0) ?? 0)) % 65_521;
  return sum % HUES;
}
