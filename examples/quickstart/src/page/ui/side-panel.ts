import { iconButton } from "./button.ts";
import { element } from "./element.ts";

let count = 0;

/** A panel beside the conversation, or over it where there is no room. Escape closes it. */
export function sidePanel(heading: string, testId: string, close: () => void, children: readonly Node[]): HTMLElement {
  const id = `panel-heading-${++count}`;
  return element(
    "aside",
    {
      class: "panel",
      attributes: { "aria-labelledby": id, "data-testid": testId },
      on: {
        keydown: (event) => {
          if (event.key === "Escape") close();
        },
      },
    },
    [
      element("header", { class: "panel-top" }, [
        element("h2", { class: "panel-heading", text: heading, attributes: { id, tabindex: "-1" } }),
        iconButton("close", "Close", "close-panel", close),
      ]),
      ...children,
    ],
  );
}
