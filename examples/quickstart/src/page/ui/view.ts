/** A part of the page, with what it holds on to. */
export interface View {
  readonly element: HTMLElement;
  dispose(): void;
}
