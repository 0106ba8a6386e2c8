import type { Message } from "@earshot/client";
import { textButton } from "../ui/button.ts";
import { element } from "../ui/element.ts";
import { errorWords } from "../words/error-words.ts";
import type { MessageControl } from "./message-control.ts";

/** Why a message was not sent, and what can be done about it. */
export function failureLine(message: Message, control: MessageControl): HTMLElement {
  return element("div", { class: "failure", attributes: { role: "alert" } }, [
    element("span", { text: `Not sent. ${errorWords(message.error)}` }),
    element("span", { class: "failure-actions" }, [
      textButton("Try again", "retry", () => control.retry(message)),
      textButton("Discard", "discard", () => control.discard(message)),
    ]),
  ]);
}
