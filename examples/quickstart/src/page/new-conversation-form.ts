import type { CreateOptions } from "@earshot/client";
import { isName, NAME_RULE, namesIn } from "./user-name.ts";

/** What somebody filled in. */
export interface NewConversationForm {
  readonly kind: "direct" | "group";
  readonly people: string;
  readonly title: string;
}

/** Turns the form into what to create, or says in one sentence what is wrong with it. */
export function conversationToCreate(form: NewConversationForm, user: string): CreateOptions | string {
  const names = namesIn(form.people);
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined) return `“${wrong}” cannot be a name. ${NAME_RULE}`;
  const others = names.filter((name) => name !== user);
  if (others.length === 0) {
    return names.length === 0 ? "Say who it is with." : "It needs somebody beside yourself.";
  }
  if (form.kind === "direct" && others.length > 1)
    return "A direct conversation is with one person. Choose Group for more.";
  const title = form.title.trim();
  return {
    kind: form.kind,
    members: others,
    meta: { people: [user, ...others].sort() },
    ...(form.kind === "group" && title !== "" ? { title } : {}),
  };
}
