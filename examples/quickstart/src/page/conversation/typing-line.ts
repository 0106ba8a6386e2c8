import type { Typing, TypingView } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import type { View } from "../ui/view.ts";
import { typingWords } from "../words/typing-words.ts";

/** Who is typing, on a line of its own whose room is always kept. Not read out: it would never be quiet. */
export function typingLine(typing: Typing): View {
  const words = element("span");
  const dots = element("span", { class: "typing-dots", attributes: { "aria-hidden": "true" } }, [
    element("i"),
    element("i"),
    element("i"),
  ]);
  const line = element("p", { class: "typing", attributes: { "data-testid": "typing" } }, [dots, words]);
  const show = (view: TypingView): void => {
    line.classList.toggle("typing-on", view.count > 0);
    setText(words, typingWords(view));
  };
  show(typing.current);
  return { element: line, dispose: typing.subscribe(show) };
}
