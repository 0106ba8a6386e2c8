import type { ConversationRow, CreateOptions } from "@earshot/client";
import { openDialog } from "../ui/dialog.ts";
import { element, setText } from "../ui/element.ts";
import { errorWords } from "../words/error-words.ts";
import { conversationToCreate, type Kind } from "./new-conversation-form.ts";

export interface NewConversationParts {
  readonly user: string;
  readonly create: (options: CreateOptions) => Promise<ConversationRow>;
  readonly onCreated: (row: ConversationRow) => void;
}

const KINDS: readonly (readonly [Kind, string])[] = [
  ["direct", "Direct"],
  ["group", "Group"],
  ["channel", "Channel"],
];

/** Asks with whom to talk, creates the conversation and hands it on. */
export class NewConversationDialog {
  readonly #parts: NewConversationParts;
  readonly #people = field("new-people", { autocapitalize: "none", "aria-describedby": "new-hint new-fault" });
  readonly #title = field("new-title", { maxlength: "100", placeholder: "Lunch" });
  readonly #titleLabel = element("label", { attributes: { for: "new-title" } });
  readonly #open = element("input", { attributes: { type: "checkbox", "data-testid": "new-open" } });
  readonly #openLabel = element("label", { class: "switch" }, [
    this.#open,
    element("span", { text: "Anybody with the link may join" }),
  ]);
  readonly #hint = element("p", { class: "hint", attributes: { id: "new-hint" } });
  readonly #fault = element("p", { class: "fault", attributes: { id: "new-fault", role: "alert" } });
  readonly #submit = element("button", {
    class: "button",
    text: "Start",
    attributes: { form: "new-conversation", "data-testid": "create" },
  });
  readonly #dialog: HTMLDialogElement;
  #kind: Kind = "direct";

  /** Opens it. */
  constructor(parts: NewConversationParts) {
    this.#parts = parts;
    const cancel = element("button", {
      class: "button button-quiet",
      text: "Cancel",
      attributes: { type: "button" },
      on: { click: () => this.#dialog.close() },
    });
    this.#dialog = openDialog({
      heading: "New conversation",
      testId: "new-dialog",
      content: [this.#form()],
      buttons: [cancel, this.#submit],
    });
    this.#showKind();
    this.#people.focus();
  }

  #form(): HTMLElement {
    const kinds = element("fieldset", { class: "choices" }, [
      element("legend", { class: "unseen", text: "Kind" }),
      ...KINDS.map(([kind, words]) => this.#choice(kind, words)),
    ]);
    return element(
      "form",
      {
        class: "dialog-form",
        attributes: { id: "new-conversation", novalidate: "" },
        on: { submit: (event) => void this.#onSubmit(event) },
      },
      [
        kinds,
        element("label", { text: "With", attributes: { for: "new-people" } }),
        this.#people,
        this.#hint,
        this.#titleLabel,
        this.#title,
        this.#openLabel,
        this.#fault,
      ],
    );
  }

  #choice(kind: Kind, words: string): HTMLElement {
    const input = element("input", {
      attributes: { type: "radio", name: "kind", value: kind, "data-testid": `kind-${kind}` },
      on: {
        change: () => {
          this.#kind = kind;
          this.#showKind();
        },
      },
    });
    input.checked = kind === this.#kind;
    return element("label", { class: "choice" }, [input, element("span", { text: words })]);
  }

  #showKind(): void {
    const direct = this.#kind === "direct";
    for (const part of [this.#title, this.#titleLabel, this.#openLabel]) part.hidden = direct;
    this.#open.checked = this.#kind === "channel";
    this.#people.placeholder = direct ? "bob" : "bob, carol";
    setText(this.#titleLabel, this.#kind === "channel" ? "Name" : "Name (optional)");
    setText(this.#hint, direct ? "One name." : "Names, separated by commas or spaces.");
    setText(this.#fault, "");
  }

  async #onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    const { user, create, onCreated } = this.#parts;
    const form = { kind: this.#kind, people: this.#people.value, title: this.#title.value, open: this.#open.checked };
    const wanted = conversationToCreate(form, user);
    if (typeof wanted === "string") {
      setText(this.#fault, wanted);
      this.#people.setAttribute("aria-invalid", "true");
      return this.#people.focus();
    }
    this.#people.removeAttribute("aria-invalid");
    this.#submit.disabled = true;
    try {
      const row = await create(wanted);
      this.#dialog.close();
      onCreated(row);
    } catch (error) {
      setText(this.#fault, `The conversation was not started. ${errorWords(error)}`);
    } finally {
      this.#submit.disabled = false;
    }
  }
}

function field(id: string, attributes: Readonly<Record<string, string>>): HTMLInputElement {
  const fixed = { id, "data-testid": id, autocomplete: "off", spellcheck: "false" };
  return element("input", { class: "field", attributes: { ...fixed, ...attributes } });
}
