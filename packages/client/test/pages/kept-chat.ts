// The smallest page with a client that keeps what it has: `?user=` and `&c=` say whose, and which conversation.
import { ChatClient } from "../../src/index.ts";
import { indexedDbStorage } from "../../src/storage/indexeddb-storage.ts";

const address = new URL(location.href);
const user = address.searchParams.get("user") ?? "";
const c = address.searchParams.get("c") ?? "";

const chat = new ChatClient({ url: "/chat", token: () => user, storage: indexedDbStorage() });
const window = chat.conversation(c).messages({ limit: 200 });
window.subscribe(() => {});
chat.inbox.subscribe(() => {});

/** What a test asks of the page. */
const keptChat = {
  send: (texts: readonly string[]) => {
    for (const text of texts) chat.conversation(c).send({ text });
  },
  /** `text status`, from top to bottom. */
  messages: () =>
    window.current.items.flatMap((item) => (item.kind === "message" ? [`${item.body["text"]} ${item.status}`] : [])),
  state: () => ({
    connection: chat.connection.current.status,
    storage: chat.storage.current.status,
    user: chat.user.current,
    window: window.current.status,
    conversations: chat.inbox.current.rows.map(({ id }) => id),
  }),
  signOut: () => chat.close({ forget: true }),
};

export type KeptChat = typeof keptChat;

Object.assign(globalThis, { keptChat });
