import type { Live, PresenceView } from "@earshot/client";
import { element, setText } from "../ui/element.ts";
import type { View } from "../ui/view.ts";

const WORDS: Readonly<Record<PresenceView["status"], string>> = {
  online: "online",
  away: "away",
  offline: "offline",
  unknown: "",
};

/** A dot on somebody's avatar that says whether they are there. */
export function presenceDot(presence: Live<PresenceView>): View {
  const words = element("span", { class: "unseen" });
  const dot = element("span", { class: "dot" }, [words]);
  const show = ({ status }: PresenceView): void => {
    dot.dataset.presence = status;
    setText(words, WORDS[status]);
  };
  show(presence.current);
  return { element: dot, dispose: presence.subscribe(show) };
}
