import type { Conversation, ConversationRow } from "@earshot/client";
import { mayManage } from "../people/rights.ts";
import { element } from "../ui/element.ts";

/** Runs a call and says what came of it; `failed` begins the sentence where it failed. */
export type Attempt = (failed: string, call: () => Promise<unknown>) => Promise<boolean>;

/** Slow mode: ms between two messages of one member. */
const SLOW = [
  [0, "Off"],
  [10_000, "A message every 10 seconds"],
  [60_000, "A message a minute"],
  [600_000, "A message every 10 minutes"],
] as const;

/** What may be changed of the conversation itself: for oneself by everybody, for all by who manages it. */
export class ConversationSettings {
  readonly element = element("div", { class: "settings" });
  readonly #mute: HTMLInputElement;
  readonly #open: HTMLInputElement;
  readonly #slow: HTMLSelectElement;
  readonly #title: HTMLInputElement;
  readonly #managed: HTMLElement;

  constructor(conversation: Conversation, attempt: Attempt) {
    const failed = "It was not changed.";
    this.#mute = check("mute", () => void attempt(failed, () => conversation.mute(this.#mute.checked)));
    this.#open = check(
      "open-to-all",
      () => void attempt(failed, () => conversation.update({ open: this.#open.checked })),
    );
    this.#slow = element(
      "select",
      {
        class: "field",
        attributes: { id: "slow", "data-testid": "slow" },
        on: { change: () => void attempt(failed, () => conversation.update({ slow: Number(this.#slow.value) })) },
      },
      SLOW.map(([ms, words]) => element("option", { text: words, attributes: { value: String(ms) } })),
    );
    this.#title = element("input", {
      class: "field",
      attributes: { id: "rename", "data-testid": "rename", maxlength: "100", autocomplete: "off" },
    });
    const rename = (event: Event): void => {
      event.preventDefault();
      const title = this.#title.value.trim();
      void attempt(failed, () => conversation.update({ title: title === "" ? null : title }));
    };
    this.#managed = element("div", { class: "settings" }, [
      element("form", { class: "inline-form", on: { submit: rename } }, [
        element("label", { text: "Name", attributes: { for: "rename" } }),
        element("div", { class: "inline-fields" }, [this.#title, submit("Save", "rename-save")]),
      ]),
      element("label", { class: "switch" }, [this.#open, element("span", { text: "Anybody with the link may join" })]),
      element("label", { text: "Slow mode", attributes: { for: "slow" } }),
      this.#slow,
    ]);
    this.element.append(
      element("label", { class: "switch" }, [this.#mute, element("span", { text: "Mute" })]),
      this.#managed,
    );
  }

  show({ kind, role, title, mute, open, slow }: ConversationRow): void {
    this.#mute.checked = mute !== undefined && mute !== false && mute !== null;
    this.#managed.hidden = kind === "direct" || !mayManage(role);
    this.#open.checked = open === true;
    const value = String(slow ?? 0);
    if (![...this.#slow.options].some((option) => option.value === value)) {
      this.#slow.append(
        element("option", { text: `A message every ${Number(value) / 1_000} s`, attributes: { value } }),
      );
    }
    this.#slow.value = value;
    if (document.activeElement !== this.#title) this.#title.value = title ?? "";
  }
}

function check(testId: string, change: () => void): HTMLInputElement {
  return element("input", { attributes: { type: "checkbox", "data-testid": testId }, on: { change } });
}

export function submit(words: string, testId: string): HTMLButtonElement {
  return element("button", { class: "button button-quiet", text: words, attributes: { "data-testid": testId } });
}
