import type { ChatClient } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import type { View } from "../ui/view.ts";
import { connectionWords } from "../words/connection-words.ts";

/** A dot and a word on how the connection stands; counts down to the next attempt, which is not read out. */
export function connectionBadge(connection: ChatClient["connection"]): View {
  const badge = element("span", { class: "badge", attributes: { "data-testid": "connection" } });
  const said = element("span", { class: "unseen", attributes: { role: "status" } });
  const show = (): void => {
    badge.dataset.status = connection.current.status;
    setText(badge, connectionWords(connection.current, Date.now()));
    setText(said, connectionWords(connection.current, Number.POSITIVE_INFINITY));
  };
  show();
  const undo = connection.subscribe(show);
  const countdown = setInterval(show, 1_000);
  return {
    element: element("span", {}, [badge, said]),
    dispose: () => {
      undo();
      clearInterval(countdown);
    },
  };
}
