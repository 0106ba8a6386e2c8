import type { ChatClient, Live } from "@earshot/client";

const WITHIN_MS = 30_000;

/** Resolves when a live value is as wished; rejects with what it is after 30 s. */
export function until<T>(live: Live<T>, wished: (value: T) => boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = (value: T): void => {
      if (!wished(value)) return;
      clearTimeout(timer);
      undo();
      resolve();
    };
    const undo = live.subscribe(look);
    const timer = setTimeout(() => {
      undo();
      reject(new Error(`it is ${JSON.stringify(live.current)} after ${WITHIN_MS / 1000} s`));
    }, WITHIN_MS);
    look(live.current);
  });
}

export async function online(chat: ChatClient): Promise<void> {
  chat.connect();
  await until(chat.connection, ({ status }) => status === "online");
}
