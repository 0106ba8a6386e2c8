const PREFIX = "#/c/";

/** The conversation that the address names, or null: the list alone. */
export function openConversation(): string | null {
  if (!location.hash.startsWith(PREFIX)) return null;
  const id = location.hash.slice(PREFIX.length);
  return /^[A-Za-z0-9._:~-]{1,128}$/.test(id) ? id : null;
}

/** The address of a conversation, for a link: so that the browser's own Back leads to the list. */
export function addressOf(conversation: string): string {
  return PREFIX + conversation;
}

export function onRoute(listener: () => void): () => void {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
}
