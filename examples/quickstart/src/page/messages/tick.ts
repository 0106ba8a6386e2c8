import type { MessageStatus } from "@earshot/client";
import { element } from "../ui/element.ts";
import { type IconName, icon } from "../ui/icon.ts";

const TICKS: Readonly<Record<MessageStatus, { readonly icon: IconName; readonly words: string }>> = {
  pending: { icon: "clock", words: "Sending" },
  sent: { icon: "tick", words: "Sent" },
  delivered: { icon: "ticks", words: "Delivered" },
  read: { icon: "ticks", words: "Read" },
  failed: { icon: "failed", words: "Not sent" },
};

/** How far an own message has come: drawn for those who see it, said for those who do not. */
export function tick(status: MessageStatus): HTMLElement {
  const { icon: name, words } = TICKS[status];
  return element("span", { class: `tick tick-${status}`, attributes: { title: words } }, [
    icon(name),
    element("span", { class: "unseen", text: words }),
  ]);
}
