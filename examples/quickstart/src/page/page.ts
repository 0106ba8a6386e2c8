import { ChatClient } from "@earshot/client";
import { indexedDbStorage } from "@earshot/client/indexeddb";
import { ChatScreen } from "./chat-screen.ts";
import { signInView } from "./sign-in-view.ts";
import { forgetUser, rememberUser, signedInUser } from "./signed-in-user.ts";

function askForName(problem: string | null): void {
  document.body.replaceChildren(signInView(signIn, problem));
}

function signIn(user: string): void {
  rememberUser(user);
  // The demo login: the token is the name. Yours comes from your own server. A database for each name, since
  // here two tabs may be two users; an application with one user at a time needs no name for it.
  const chat = new ChatClient({
    url: "/chat",
    token: () => user,
    agent: "earshot-quickstart",
    storage: indexedDbStorage({ name: `earshot.${user}` }),
  });
  const leave = (problem: string | null): void => {
    undo();
    screen.dispose();
    forgetUser();
    void chat.close({ forget: true });
    askForName(problem);
  };
  const screen = new ChatScreen(chat, user, () => leave(null));
  const undo = chat.connection.subscribe(({ status, error }) => {
    if (status === "closed" && error?.code === "unauthenticated") leave("The server did not accept that name.");
  });
  document.body.replaceChildren(screen.element);
}

const user = signedInUser();
if (user === null) askForName(null);
else signIn(user);

// So that the page itself opens offline, too; not everywhere can it, and then it opens online.
navigator.serviceWorker?.register("offline-worker.js").catch(() => {});
