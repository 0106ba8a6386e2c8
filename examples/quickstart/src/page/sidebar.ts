import type { ChatClient } from "@earshot/client";
import { connectionBadge } from "./list/connection-badge.ts";
import type { ConversationList } from "./list/conversation-list.ts";
import { avatar } from "./ui/avatar.ts";
import { element } from "./ui/element.ts";
import { icon } from "./ui/icon.ts";
import type { View } from "./ui/view.ts";

export interface SidebarActions {
  newConversation(): void;
  signOut(): void;
}

/** The left pane: who one is, how the connection stands, and the conversations. */
export function sidebar(chat: ChatClient, user: string, list: ConversationList, actions: SidebarActions): View {
  const badge = connectionBadge(chat.connection);
  const top = element("header", { class: "sidebar-top" }, [
    element("h1", { class: "unseen", text: "Earshot quickstart" }),
    avatar(user),
    element("div", { class: "who" }, [
      element("span", { class: "who-name", text: user, attributes: { "data-testid": "user" } }),
      badge.element,
    ]),
    element(
      "button",
      {
        class: "icon-button",
        attributes: { type: "button", "aria-label": "Sign out", title: "Sign out", "data-testid": "sign-out" },
        on: { click: actions.signOut },
      },
      [icon("leave")],
    ),
  ]);
  const tools = element("div", { class: "sidebar-tools" }, [
    element(
      "button",
      {
        class: "button button-quiet new-button",
        attributes: { type: "button", "data-testid": "new-conversation" },
        on: { click: actions.newConversation },
      },
      [icon("plus"), element("span", { text: "New conversation" })],
    ),
  ]);
  const pane = element("div", { class: "sidebar" }, [top, tools, list.element]);
  return { element: pane, dispose: badge.dispose };
}
