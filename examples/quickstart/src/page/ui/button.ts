import { element } from "./element.ts";
import { type IconName, icon } from "./icon.ts";

/** A button that is only an icon; `words` say what it does, to everybody who asks. */
export function iconButton(name: IconName, words: string, testId: string, click: () => void): HTMLButtonElement {
  return element(
    "button",
    {
      class: "icon-button",
      attributes: { type: "button", "aria-label": words, title: words, "data-testid": testId },
      on: { click },
    },
    [icon(name)],
  );
}

export function textButton(words: string, testId: string, click: () => void): HTMLButtonElement {
  return element("button", {
    class: "text-button",
    text: words,
    attributes: { type: "button", "data-testid": testId },
    on: { click },
  });
}
