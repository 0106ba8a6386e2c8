import type { CreateOptions } from "@earshot/client";
import { isName, NAME_RULE, namesIn } from "../words/user-name.ts";

export type Kind = CreateOptions["kind"];

/** What somebody filled in. */
export interface NewConversationForm {
  readonly kind: Kind;
  readonly people: string;
  readonly title: string;
  /** Whether anybody with the link may join. */
  readonly open: boolean;
}

/** Turns the form into what to create, or says in one sentence what is wrong with it. */
export function conversationToCreate(form: NewConversationForm, user: string): CreateOptions | string {
  const { kind, open } = form;
  const title = form.title.trim();
  const names = namesIn(form.people);
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined) return `“${wrong}” cannot be a name. ${NAME_RULE}`;
  const others = names.filter((name) => name !== user);
  const fault = kind === "direct" ? directFault(names, others) : groupFault(kind, others, title);
  if (fault !== null) return fault;
  const options = { kind, members: others, meta: { people: [user, ...others].sort() } };
  if (kind === "direct") return options;
  return { ...options, ...(title === "" ? {} : { title }), ...(open ? { open, history: "all" } : {}) };
}

function directFault(names: readonly string[], others: readonly string[]): string | null {
  if (names.length === 0) return "Say who it is with.";
  if (others.length === 0) return "It needs somebody beside yourself.";
  return others.length > 1 ? "A direct conversation is with one person. Choose Group for more." : null;
}

function groupFault(kind: Kind, others: readonly string[], title: string): string | null {
  if (kind === "channel") return title === "" ? "A channel needs a name." : null;
  return others.length === 0 && title === "" ? "Say who it is with, or give it a name." : null;
}
