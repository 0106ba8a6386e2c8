import type { ChatClient, Conversation, ConversationRow } from "@earshot/client";
import { PersonMark } from "../people/person-mark.ts";
import type { Roster } from "../people/roster.ts";
import { confirm } from "../ui/dialog.ts";
import { element, setText } from "../ui/element.ts";
import { type IconName, icon } from "../ui/icon.ts";
import type { Note } from "../ui/note.ts";
import { sidePanel } from "../ui/side-panel.ts";
import { conversationTitle } from "../words/conversation-title.ts";
import { errorWords } from "../words/error-words.ts";
import { type Attempt, ConversationSettings } from "./conversation-settings.ts";
import { MemberSection } from "./member-section.ts";
import type { Panel } from "./panel.ts";
import { ROLE_WORDS } from "./role-words.ts";

export interface DetailsPanelParts {
  readonly chat: ChatClient;
  readonly conversation: Conversation;
  readonly user: string;
  readonly roster: Roster;
  readonly note: Note;
  readonly close: () => void;
  readonly markUnread: () => void;
  /** Shows the list instead of the conversation. */
  readonly leaveView: () => void;
}

const KIND_WORDS = { direct: "Direct conversation", group: "Group", channel: "Channel" } as const;

/** What a conversation is, who is in it, and what may be done with it. */
export class DetailsPanel implements Panel {
  readonly element: HTMLElement;
  readonly #parts: DetailsPanelParts;
  readonly #mark = new PersonMark();
  readonly #title = element("p", { class: "details-title" });
  readonly #kind = element("p", { class: "hint" });
  readonly #settings: ConversationSettings;
  readonly #members: MemberSection;
  readonly #link: HTMLElement;
  readonly #leave: HTMLElement;
  readonly #remove: HTMLElement;

  constructor(row: ConversationRow, parts: DetailsPanelParts) {
    this.#parts = parts;
    const { chat, conversation, user, roster, note, close, leaveView } = parts;
    const attempt: Attempt = async (failed, call) => {
      try {
        await call();
        return true;
      } catch (error) {
        note.say(`${failed} ${errorWords(error)}`);
        return false;
      }
    };
    this.#settings = new ConversationSettings(conversation, attempt);
    this.#members = new MemberSection({ chat, conversation, user, roster, attempt });
    this.#link = deed("copy", "Copy link", "copy-link", () => {
      void attempt("The link was not copied.", () =>
        navigator.clipboard.writeText(`${location.origin}/${location.hash}`),
      );
    });
    this.#leave = deed("leave", "Leave", "leave", () => {
      confirm("Leave this conversation?", "You no longer get what is written here.", "Leave", () => {
        void attempt("You have not left.", () => conversation.leave()).then((left) => left && leaveView());
      });
    });
    this.#remove = deed("remove", "Delete for everybody", "remove", () => {
      confirm("Delete this conversation?", "It is gone for everybody, for good.", "Delete", () => {
        void attempt("It was not deleted.", () => conversation.remove()).then((gone) => gone && leaveView());
      });
    });
    const unread = deed("unread", "Mark as unread", "mark-unread", parts.markUnread);
    this.element = sidePanel("Details", "details", close, [
      element("div", { class: "panel-body" }, [
        element("div", { class: "details-head" }, [this.#mark.element, this.#title, this.#kind]),
        element("section", { class: "panel-section" }, [this.#settings.element, unread, this.#link]),
        this.#members.element,
        element("section", { class: "panel-section" }, [this.#leave, this.#remove]),
      ]),
    ]);
    this.show(row);
  }

  show(row: ConversationRow): void {
    const { kind, role, open } = row;
    const title = conversationTitle(row, this.#parts.user);
    this.#mark.show(title, "large", null);
    setText(this.#title, title);
    setText(this.#kind, kind === "direct" ? KIND_WORDS[kind] : `${KIND_WORDS[kind]} · you are ${ROLE_WORDS[role]}`);
    this.#settings.show(row);
    this.#members.show(row);
    this.#link.hidden = open !== true;
    this.#leave.hidden = kind === "direct";
    this.#remove.hidden = kind === "direct" || role !== "owner";
  }

  focus(): void {
    this.element.querySelector<HTMLElement>(".panel-heading")?.focus();
  }

  dispose(): void {
    this.#mark.dispose();
    this.#members.dispose();
  }
}

function deed(name: IconName, words: string, testId: string, click: () => void): HTMLElement {
  const look = name === "remove" ? "deed deed-bad" : "deed";
  return element("button", { class: look, attributes: { type: "button", "data-testid": testId }, on: { click } }, [
    icon(name),
    element("span", { text: words }),
  ]);
}
