import type { ChatClient, Conversation, ConversationRow } from "@earshot/client";
import { PersonMark } from "../people/person-mark.ts";
import { mayManage, mayRemove, rolesToGive } from "../people/rights.ts";
import type { Member, Roster } from "../people/roster.ts";
import { iconButton, textButton } from "../ui/button.ts";
import { confirm } from "../ui/dialog.ts";
import { element, setText } from "../ui/element.ts";
import { type MenuEntry, openMenu } from "../ui/menu.ts";
import type { View } from "../ui/view.ts";
import { isName, NAME_RULE, namesIn } from "../words/user-name.ts";
import { type Attempt, submit } from "./conversation-settings.ts";
import { ROLE_WORDS } from "./role-words.ts";

export interface MemberSectionParts {
  readonly chat: ChatClient;
  readonly conversation: Conversation;
  readonly user: string;
  readonly roster: Roster;
  readonly attempt: Attempt;
}

/** Who is in a conversation; for who manages it also the way to add, remove, ban and give roles. */
export class MemberSection implements View {
  readonly element: HTMLElement;
  readonly #parts: MemberSectionParts;
  readonly #list = element("ul", { class: "members", attributes: { "data-testid": "members" } });
  readonly #more: HTMLElement;
  readonly #add: HTMLElement;
  readonly #names: HTMLInputElement;
  readonly #fault = element("p", { class: "fault", attributes: { role: "alert", id: "add-fault" } });
  readonly #undo: () => void;
  #marks: readonly PersonMark[] = [];
  #row: ConversationRow | null = null;

  constructor(parts: MemberSectionParts) {
    this.#parts = parts;
    const { roster } = parts;
    this.#names = element("input", {
      class: "field",
      attributes: {
        id: "add-people",
        "data-testid": "add-people",
        "aria-describedby": "add-fault",
        placeholder: "dora, emil",
        autocomplete: "off",
        autocapitalize: "none",
        spellcheck: "false",
      },
    });
    this.#add = element("form", { class: "inline-form", on: { submit: (event) => void this.#onAdd(event) } }, [
      element("label", { text: "Add people", attributes: { for: "add-people" } }),
      element("div", { class: "inline-fields" }, [this.#names, submit("Add", "add")]),
      this.#fault,
    ]);
    this.#more = textButton("Show more", "more-members", () => void roster.more());
    this.element = element("section", { class: "panel-section" }, [
      element("h3", { class: "section-heading", text: "Members" }),
      this.#add,
      this.#list,
      this.#more,
    ]);
    this.#undo = roster.subscribe(() => this.#showMembers());
    this.#showMembers();
  }

  show(row: ConversationRow): void {
    const { role, kind } = row;
    const changed = this.#row?.role !== role;
    this.#row = row;
    this.#add.hidden = kind === "direct" || !mayManage(role);
    if (changed) this.#showMembers();
  }

  dispose(): void {
    this.#undo();
    for (const mark of this.#marks) mark.dispose();
  }

  #showMembers(): void {
    const { roster } = this.#parts;
    const before = this.#marks;
    const marks: PersonMark[] = [];
    const lines = roster.members.map((member) => {
      const mark = new PersonMark();
      marks.push(mark);
      return this.#line(member, mark);
    });
    const words = { loading: "Loading members…", failed: "The members could not be loaded.", here: "" }[roster.status];
    this.#list.replaceChildren(...(words === "" ? lines : [element("li", { class: "hint", text: words }), ...lines]));
    this.#more.hidden = !roster.hasMore;
    this.#marks = marks;
    for (const mark of before) mark.dispose();
  }

  #line(member: Member, mark: PersonMark): HTMLElement {
    const { chat, conversation, user } = this.#parts;
    const [person, role] = member;
    mark.show(person, "small", person === user ? null : { chat, conversation: conversation.id, user: person });
    const entries = this.#deeds(member);
    const menu = iconButton("more", `Actions for ${person}`, "member-actions", () =>
      openMenu(menu, { label: person, entries }),
    );
    menu.setAttribute("aria-haspopup", "menu");
    const line = element("li", { class: "member" }, [
      mark.element,
      element("span", { class: "member-name", text: person === user ? `${person} (you)` : person }),
      element("span", { class: "hint", text: role }),
      entries.length === 0 ? null : menu,
    ]);
    line.dataset.member = person;
    return line;
  }

  /** What this user may do to that member. */
  #deeds([person, theirs]: Member): readonly MenuEntry[] {
    const { conversation, user, attempt } = this.#parts;
    const role = this.#row?.kind === "direct" ? "member" : (this.#row?.role ?? "reader");
    if (person === user) return [];
    const roles = rolesToGive(role, theirs).map(
      (given): MenuEntry => ({
        words: `Make ${ROLE_WORDS[given]}`,
        icon: "people",
        testId: `make-${given}`,
        run: () => void attempt("The role was not changed.", () => conversation.setRole(person, given)),
      }),
    );
    if (!mayRemove(role, theirs)) return roles;
    return [
      ...roles,
      {
        words: "Remove",
        icon: "close",
        testId: "remove-member",
        bad: true,
        run: () => void attempt(`${person} was not removed.`, () => conversation.removeMember(person)),
      },
      { words: "Ban", icon: "failed", testId: "ban", bad: true, run: () => this.#ban(person) },
    ];
  }

  #ban(person: string): void {
    const { conversation, attempt } = this.#parts;
    confirm(`Ban ${person}?`, "They are removed, and cannot join or be added again.", "Ban", () => {
      void attempt(`${person} was not banned.`, () => conversation.ban(person));
    });
  }

  async #onAdd(event: Event): Promise<void> {
    event.preventDefault();
    const { conversation, attempt } = this.#parts;
    const names = namesIn(this.#names.value);
    const wrong = names.find((name) => !isName(name));
    const fault =
      wrong !== undefined
        ? `“${wrong}” cannot be a name. ${NAME_RULE}`
        : names.length === 0
          ? "Type a name first."
          : "";
    setText(this.#fault, fault);
    this.#names.setAttribute("aria-invalid", String(fault !== ""));
    if (fault !== "") return this.#names.focus();
    if (await attempt("Nobody was added.", () => conversation.add(names))) this.#names.value = "";
  }
}
