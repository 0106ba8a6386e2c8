import { element } from "./element.ts";
import { openModal } from "./modal.ts";

export interface DialogContent {
  readonly heading: string;
  readonly testId: string;
  readonly content: readonly Node[];
  /** What lies behind the buttons at its end, from left to right. */
  readonly buttons: readonly HTMLButtonElement[];
  readonly onClose?: () => void;
}

let count = 0;

/** Opens a modal dialog, built anew each time. Escape closes it, and the focus goes back to where it was. */
export function openDialog({ heading, testId, content, buttons, onClose }: DialogContent): HTMLDialogElement {
  const id = `dialog-heading-${++count}`;
  const dialog = element(
    "dialog",
    {
      attributes: { "aria-labelledby": id, "data-testid": testId },
      on: {
        close: () => onClose?.(),
      },
    },
    [
      element("h2", { class: "dialog-heading", text: heading, attributes: { id } }),
      ...content,
      element("div", { class: "dialog-actions" }, buttons),
    ],
  );
  openModal(dialog);
  return dialog;
}

/** Asks before something that cannot be taken back. */
export function confirm(question: string, words: string, action: string, run: () => void): void {
  const button = (text: string, look: string, testId: string, click: () => void): HTMLButtonElement =>
    element("button", {
      class: `button ${look}`,
      text,
      attributes: { type: "button", "data-testid": testId },
      on: { click },
    });
  const cancel = button("Cancel", "button-quiet", "confirm-no", () => dialog.close());
  const go = button(action, "button-bad", "confirm-yes", () => {
    dialog.close();
    run();
  });
  const dialog = openDialog({
    heading: question,
    testId: "confirm",
    content: [element("p", { class: "muted", text: words })],
    buttons: [cancel, go],
  });
  cancel.focus();
}
