import type { ConversationRow, CreateOptions } from "@earshot/client";
import { element, setText } from "./element.ts";
import { errorWords } from "./error-words.ts";
import { conversationToCreate } from "./new-conversation-form.ts";

/** Asks with whom to talk, creates the conversation and hands it on. Built anew each time it opens. */
export class NewConversationDialog {
  readonly #dialog: HTMLDialogElement;
  readonly #people = field("new-people", {
    autocapitalize: "none",
    placeholder: "bob",
    "aria-describedby": "new-hint new-fault",
  });
  readonly #title = field("new-title", { maxlength: "100", placeholder: "Lunch" });
  readonly #titleLabel = element("label", { text: "Title (optional)", attributes: { for: "new-title" } });
  readonly #hint = element("p", { class: "hint", attributes: { id: "new-hint" } });
  readonly #fault = element("p", { class: "fault", attributes: { id: "new-fault", role: "alert" } });
  readonly #submit = element("button", { class: "button", text: "Start", attributes: { "data-testid": "create" } });
  readonly #user: string;
  readonly #create: (options: CreateOptions) => Promise<ConversationRow>;
  readonly #onCreated: (row: ConversationRow) => void;
  #kind: "direct" | "group" = "direct";

  constructor(
    user: string,
    create: (options: CreateOptions) => Promise<ConversationRow>,
    onCreated: (row: ConversationRow) => void,
  ) {
    this.#user = user;
    this.#create = create;
    this.#onCreated = onCreated;
    const cancel = element("button", {
      class: "button button-quiet",
      text: "Cancel",
      attributes: { type: "button" },
      on: { click: () => this.#dialog.close() },
    });
    const kinds = element("fieldset", { class: "choices" }, [
      element("legend", { class: "unseen", text: "Kind" }),
      this.#choice("direct", "Direct"),
      this.#choice("group", "Group"),
    ]);
    const form = element(
      "form",
      { class: "dialog-form", attributes: { novalidate: "" }, on: { submit: (event) => void this.#onSubmit(event) } },
      [
        element("h2", { text: "New conversation", attributes: { id: "new-heading" } }),
        kinds,
        element("label", { text: "With", attributes: { for: "new-people" } }),
        this.#people,
        this.#hint,
        this.#titleLabel,
        this.#title,
        this.#fault,
        element("div", { class: "dialog-actions" }, [cancel, this.#submit]),
      ],
    );
    this.#dialog = element(
      "dialog",
      { attributes: { "aria-labelledby": "new-heading" }, on: { close: () => this.#dialog.remove() } },
      [form],
    );
    this.#showKind();
  }

  open(): void {
    document.body.append(this.#dialog);
    this.#dialog.showModal();
    this.#people.focus();
  }

  #choice(kind: "direct" | "group", words: string): HTMLElement {
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
    this.#title.hidden = direct;
    this.#titleLabel.hidden = direct;
    this.#people.placeholder = direct ? "bob" : "bob, carol";
    setText(this.#hint, direct ? "One name." : "Names, separated by commas or spaces.");
    setText(this.#fault, "");
  }

  async #onSubmit(event: Event): Promise<void> {
    event.preventDefault();
    const form = { kind: this.#kind, people: this.#people.value, title: this.#title.value };
    const wanted = conversationToCreate(form, this.#user);
    if (typeof wanted === "string") {
      setText(this.#fault, wanted);
      this.#people.setAttribute("aria-invalid", "true");
      return this.#people.focus();
    }
    this.#people.removeAttribute("aria-invalid");
    this.#submit.disabled = true;
    try {
      const row = await this.#create(wanted);
      this.#dialog.close();
      this.#onCreated(row);
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
