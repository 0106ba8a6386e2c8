/** The text of a message. Bodies are the host's own; this page writes `{ text }` and shows nothing else. */
export function messageText(body: Readonly<Record<string, unknown>> | undefined): string {
  const text = body?.text;
  return typeof text === "string" ? text : "(a message that this page cannot show)";
}
