/**
 * Shows a dialog over the page until it is closed, by itself, by Escape, or because another place of the page was
 * opened meanwhile: by a phone's Back. Then it is gone, and the focus is where it was.
 */
export function openModal(dialog: HTMLDialogElement): void {
  const leave = (): void => dialog.close();
  window.addEventListener("hashchange", leave);
  dialog.addEventListener("close", () => {
    window.removeEventListener("hashchange", leave);
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
}
