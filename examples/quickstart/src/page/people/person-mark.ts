import type { ChatClient } from "@earshot/client";
import { avatar } from "../ui/avatar.ts";
import { element } from "../ui/element.ts";
import type { View } from "../ui/view.ts";
import { presenceDot } from "./presence-dot.ts";

/** Whose presence may be asked for, and where. */
export interface Watched {
  readonly chat: ChatClient;
  readonly conversation: string;
  readonly user: string;
}

/** An avatar, with a dot where it is of somebody whose presence may be asked for. Changes only when it has to. */
export class PersonMark implements View {
  readonly element = element("span", { class: "person" });
  #shown = "";
  #dot: View | null = null;

  show(name: string, size: "small" | "large", watched: Watched | null): void {
    const key = `${name} ${watched === null ? "" : `${watched.conversation} ${watched.user}`}`;
    if (key === this.#shown) return;
    this.#shown = key;
    this.dispose();
    this.element.replaceChildren(avatar(name, size));
    if (watched === null) return;
    this.#dot = presenceDot(watched.chat.conversation(watched.conversation).presence(watched.user));
    this.element.append(this.#dot.element);
  }

  dispose(): void {
    this.#dot?.dispose();
    this.#dot = null;
  }
}
