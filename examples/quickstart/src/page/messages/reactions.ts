import type { Reaction } from "@earshot/client";
import { element } from "../ui/element.ts";

/** The reactions to a message, each as a button that sets or takes back one's own. */
export function reactionPills(reactions: readonly Reaction[], toggle: (key: string) => void): HTMLElement {
  const pills = reactions.map(({ key, count, mine }) =>
    element("li", {}, [
      element(
        "button",
        {
          class: "reaction",
          attributes: {
            type: "button",
            tabindex: "-1",
            "aria-pressed": String(mine),
            "aria-label": `${key}, ${count}${mine ? ", you too" : ""}`,
            "data-reaction": key,
          },
          on: { click: () => toggle(key) },
        },
        [
          element("span", { class: "reaction-key", text: key }),
          element("span", { class: "reaction-count", text: String(count) }),
        ],
      ),
    ]),
  );
  return element("ul", { class: "reactions", attributes: { "aria-label": "Reactions" } }, pills);
}
