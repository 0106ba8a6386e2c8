import { createServer } from "node:http";
import { sqliteStore } from "@earshot/adapter-sqlite";
import { ChatEngine, type ChatEngineOptions, memoryStore } from "@earshot/core";
import { chatHandler } from "@earshot/core/node";
import { conversationName, membersOf, userName } from "../population.ts";
import { listen } from "./listen.ts";
import type { PeerSettings } from "./peer-settings.ts";

const NO_BOUND = 1_000_000_000;
/** Creations that wait for the store together. */
const AT_ONCE = 200;

/**
 * The engine with everything on. Only rates are raised, since one machine plays all users from one address: what a
 * session, its window and its outbox may hold is as it comes.
 */
export async function serveEarshot(settings: PeerSettings): Promise<number> {
  const { database, admissionsPerSecond } = settings;
  const limits: ChatEngineOptions["limits"] = {
    connectionsPerAddressMax: NO_BOUND,
    handshakesPerSecondPerAddressMax: NO_BOUND,
    ...(admissionsPerSecond === null ? {} : { admissionsPerSecondMax: admissionsPerSecond }),
    sendsPerSecondMax: NO_BOUND,
    sendsPerSecondPerUserMax: NO_BOUND,
    sendsPerSecondPerConversationMax: NO_BOUND,
  };
  const chat = new ChatEngine({
    store: database === null ? memoryStore() : sqliteStore(database),
    authenticate: ({ token }) => (token === null ? null : { user: token }),
    limits,
  });
  await chat.start();
  await populate(chat, settings);
  const server = createServer(chatHandler(chat));
  chat.attach(server);
  return listen(server, settings.port);
}

async function populate(chat: ChatEngine, { population, history }: PeerSettings): Promise<void> {
  for (let from = 0; from < population.conversations; from += AT_ONCE) {
    const to = Math.min(from + AT_ONCE, population.conversations);
    const some = Array.from({ length: to - from }, (_, place) => from + place);
    await Promise.all(
      some.map(async (index) => {
        const members = membersOf(population, index).map(userName);
        const id = conversationName(index);
        await chat.system.create({ kind: "group", id, members, history: "all" });
        const author = members[0] ?? "";
        const messages = Array.from({ length: history }, (_, at) => ({
          from: author,
          id: `h${at}`,
          at: Date.now(),
          body: { text: `message ${at} of those that were there before` },
        }));
        await chat.import(id, messages);
      }),
    );
  }
}
