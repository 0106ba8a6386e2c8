import type { Message } from "@earshot/client";
import { element } from "../ui/element.ts";
import { shownText } from "../words/message-words.ts";

/** What a message replies to, in one line; a click leads there. `quoted` null: it is further away than what is loaded. */
export function quote(quoted: Message | null, jump: () => void): HTMLButtonElement {
  const author =
    quoted === null ? null : element("span", { class: "quote-author", text: quoted.own ? "You" : quoted.from });
  const text = element("span", {
    class: "quote-text",
    text: quoted === null ? "An earlier message" : shownText(quoted),
  });
  return element(
    "button",
    {
      class: "quote",
      attributes: { type: "button", tabindex: "-1", "data-testid": "quote" },
      on: { click: jump },
    },
    [element("span", { class: "unseen", text: "In reply to " }), author, text],
  );
}
