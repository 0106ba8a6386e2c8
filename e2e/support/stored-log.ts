import { call } from "./wire-http.ts";

/** The messages that the server itself has, read over HTTP page by page: id and seq, in the order of the log. */
export async function storedMessages(url: string, user: string, conversation: string): Promise<[string, number][]> {
  const messages: [string, number][] = [];
  for (let after = 0; ; ) {
    const path = `/conversations/${conversation}/messages?after=${after}&limit=200`;
    const { status, body } = await call(url, "GET", path, { user });
    if (status !== 200) throw new Error(`unable to read messages; ${status}`);
    for (const { type, id, seq } of body.events ?? []) if (type === "message") messages.push([id ?? "", seq]);
    if (body.more !== true) return messages;
    after = body.to ?? after;
  }
}
