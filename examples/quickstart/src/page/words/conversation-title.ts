import type { ConversationRow } from "@earshot/client";

/**
 * What a conversation is called for one of its members: its title, else the other people. The inbox
 * has no list of members, so this page writes one into `meta.people` when it creates a conversation.
 */
export function conversationTitle(
  row: Pick<ConversationRow, "kind" | "last" | "meta" | "title">,
  user: string,
): string {
  if (row.title !== null && row.title !== "") return row.title;
  const others = peopleOf(row).filter((person) => person !== user);
  if (others.length > 0) return others.join(", ");
  if (row.last !== null && row.last.from !== user) return row.last.from;
  return row.kind === "direct" ? "Direct conversation" : "Conversation";
}

export function peopleOf({ meta }: Pick<ConversationRow, "meta">): readonly string[] {
  const people = meta?.people;
  return Array.isArray(people) ? people.filter((person) => typeof person === "string") : [];
}

/** With whom a direct conversation is, as far as that is known. */
export function otherOf(
  row: Pick<ConversationRow, "kind" | "last" | "meta">,
  user: string,
  members: readonly string[] = [],
): string | null {
  if (row.kind !== "direct") return null;
  const people = [...members, ...peopleOf(row), row.last?.from ?? user];
  return people.find((person) => person !== user) ?? null;
}
