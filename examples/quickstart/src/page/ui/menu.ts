import { element } from "./element.ts";
import { type IconName, icon } from "./icon.ts";
import { openModal } from "./modal.ts";

export interface MenuEntry {
  readonly words: string;
  readonly icon: IconName;
  readonly testId: string;
  readonly bad?: true;
  readonly run: () => void;
}

/** One of a row of small choices above the entries. */
export interface MenuChoice {
  readonly text: string;
  readonly words: string;
  readonly checked: boolean;
  readonly run: () => void;
}

export interface MenuContent {
  readonly label: string;
  readonly choices?: readonly MenuChoice[];
  readonly entries: readonly MenuEntry[];
}

/** Room between a menu and what it belongs to, or the edge of the window, in px. */
const GAP_PX = 6;

/**
 * Opens a menu at a button; on a phone it is a sheet at the bottom. A modal dialog, so that Escape closes it, nothing
 * behind it can be reached, and the button has the focus again when it closes.
 */
export function openMenu(button: HTMLElement, { label, choices = [], entries }: MenuContent): void {
  const done = (run: () => void) => (): void => {
    dialog.close();
    run();
  };
  const picks = choices.map(({ text, words, checked, run }) =>
    element("button", {
      class: "menu-choice",
      text,
      attributes: {
        type: "button",
        role: "menuitemcheckbox",
        "aria-label": words,
        "aria-checked": String(checked),
        title: words,
        "data-choice": text,
      },
      on: { click: done(run) },
    }),
  );
  const items = entries.map(({ words, icon: name, testId, bad, run }) =>
    element(
      "button",
      {
        class: bad === true ? "menu-item menu-item-bad" : "menu-item",
        attributes: { type: "button", role: "menuitem", "data-testid": testId },
        on: { click: done(run) },
      },
      [icon(name), element("span", { text: words })],
    ),
  );
  const all = [...picks, ...items];
  const row =
    picks.length === 0
      ? null
      : element("div", { class: "menu-choices", attributes: { role: "group", "aria-label": "Reactions" } }, picks);
  const menu = element(
    "div",
    { class: "menu", attributes: { role: "menu", "aria-label": label }, on: { keydown: (event) => step(event, all) } },
    [row, ...items],
  );
  const dialog = element(
    "dialog",
    {
      class: "menu-dialog",
      attributes: { "aria-label": label },
      on: {
        click: (event) => {
          if (event.target === dialog) dialog.close();
        },
      },
    },
    [menu],
  );
  openModal(dialog);
  place(dialog, button.getBoundingClientRect());
  all[0]?.focus({ preventScroll: true });
}

/** Arrows, Home and End go from entry to entry. */
function step(event: KeyboardEvent, all: readonly HTMLElement[]): void {
  const at = all.indexOf(document.activeElement as HTMLElement);
  const to = {
    ArrowDown: at + 1,
    ArrowRight: at + 1,
    ArrowUp: at - 1,
    ArrowLeft: at - 1,
    Home: 0,
    End: all.length - 1,
  }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  all[(to + all.length) % all.length]?.focus();
}

/** Below the button where there is room, else above it; never over an edge of the window. */
function place(dialog: HTMLElement, at: DOMRect): void {
  const { width, height } = dialog.getBoundingClientRect();
  const below = at.bottom + GAP_PX + height <= window.innerHeight;
  const top = below ? at.bottom + GAP_PX : Math.max(GAP_PX, at.top - GAP_PX - height);
  const left = Math.min(Math.max(GAP_PX, at.right - width), window.innerWidth - width - GAP_PX);
  dialog.style.setProperty("--menu-top", `${top}px`);
  dialog.style.setProperty("--menu-left", `${left}px`);
}
