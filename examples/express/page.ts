import { ChatClient } from "@earshot/client";

const byId = <E extends HTMLElement>(id: string): E => document.getElementById(id) as E;
const line = (list: HTMLElement, text: string): void => {
  list.append(Object.assign(document.createElement("li"), { textContent: text }));
};

// The app's own: notes, and the WebSocket that tells of new ones.
interface Note {
  readonly by: string;
  readonly text: string;
}
const showNote = ({ by, text }: Note): void => line(byId("notes"), `${by}: ${text}`);

async function showNotes(): Promise<boolean> {
  const answer = await fetch("/notes");
  if (!answer.ok) return false;
  for (const note of (await answer.json()) as Note[]) showNote(note);
  const live = new WebSocket(new URL("/live", location.href.replace(/^http/, "ws")));
  live.onmessage = ({ data }) => showNote(JSON.parse(data as string) as Note);
  byId<HTMLFormElement>("new-note").onsubmit = (event) => {
    event.preventDefault();
    const text = byId<HTMLInputElement>("note").value;
    void fetch("/notes", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
    });
  };
  return true;
}

// The chat.
async function showChat(): Promise<void> {
  const token = async (): Promise<string> => ((await (await fetch("/chat-token")).json()) as { token: string }).token;
  const chat = new ChatClient({ url: "/chat", token });
  const lobby = chat.conversation("lobby");
  await lobby.join();
  const messages = lobby.messages();
  const render = (): void => {
    byId("messages").replaceChildren();
    for (const item of messages.current.items) {
      if (item.kind === "message") line(byId("messages"), `${item.from}: ${String(item.body["text"])}`);
    }
    byId("status").textContent = chat.connection.current.status;
  };
  messages.subscribe(render);
  chat.connection.subscribe(render);
  byId<HTMLFormElement>("new-message").onsubmit = (event) => {
    event.preventDefault();
    const box = byId<HTMLInputElement>("message");
    lobby.send({ text: box.value });
    box.value = "";
  };
}

if (await showNotes()) {
  byId("app").hidden = false;
  await showChat();
} else {
  byId("login").hidden = false;
}
