/** What may be said of a new element beside its tag; `text` goes through `textContent`, never through markup. */
export interface Traits {
  readonly class?: string;
  readonly text?: string;
  readonly attributes?: Readonly<Record<string, string | null>>;
  readonly on?: { readonly [K in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[K]) => void };
}

/** Builds an element; children that are `null` are left out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  traits: Traits = {},
  children: readonly (Node | null)[] = [],
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  if (traits.class !== undefined) made.className = traits.class;
  if (traits.text !== undefined) made.textContent = traits.text;
  for (const [name, value] of Object.entries(traits.attributes ?? {})) {
    if (value !== null) made.setAttribute(name, value);
  }
  for (const [type, listener] of Object.entries(traits.on ?? {})) {
    made.addEventListener(type, listener as EventListener);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

/** Sets text only where it differs, so that a screen reader is not told the same twice. */
export function setText(target: Node, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}
