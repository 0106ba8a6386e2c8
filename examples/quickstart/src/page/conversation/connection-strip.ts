import type { ChatClient, ConnectionView } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import type { View } from "../ui/view.ts";
import { errorWords } from "../words/error-words.ts";

/** A line above the composer while there is no connection: what happens to what one writes. */
export function connectionStrip(chat: ChatClient): View {
  const words = element("span");
  const again = element("button", {
    class: "text-button",
    text: "Connect again",
    attributes: { type: "button", "data-testid": "connect" },
    on: { click: () => chat.connect() },
  });
  const strip = element("div", { class: "strip", attributes: { "data-testid": "strip" } }, [words, again]);
  const show = (connection: ConnectionView): void => {
    strip.hidden = connection.status !== "waiting" && connection.status !== "closed";
    strip.classList.toggle("strip-bad", connection.status === "closed");
    again.hidden = connection.status !== "closed";
    if (connection.status === "waiting") {
      setText(words, "You are offline. What you write is kept here and sent when the connection is back.");
    } else if (connection.status === "closed") {
      setText(words, `Disconnected. ${connection.error === null ? "" : errorWords(connection.error)} `);
    }
  };
  show(chat.connection.current);
  return { element: strip, dispose: chat.connection.subscribe(show) };
}
