// One server that is measured, as a process of its own: started by running-peer.ts.
import { answerQuestions } from "../machine/answer.ts";
import type { PeerMemory, PeerQuestion, PeerSettings } from "./peer-settings.ts";

/** Starts a server and gives the port it listens on. */
type Serve = (settings: PeerSettings) => Promise<number>;

/** Each is loaded alone: what one peer needs is in no other's memory. */
const SERVERS: Readonly<Record<string, () => Promise<Serve>>> = {
  earshot: async () => (await import("./earshot.ts")).serveEarshot,
  "ws-shared": async () => (await import("./ws-shared.ts")).serveWsShared,
  "ws-batch": async () => (await import("./ws-batch.ts")).serveWsBatch,
  "socket.io": async () => (await import("./socket-io.ts")).serveSocketIo,
  aedes: async () => (await import("./aedes.ts")).serveAedes,
};

async function serve(settings: PeerSettings): Promise<number> {
  const load = SERVERS[settings.peer] ?? SERVERS[settings.peer.replace(/-.*/, "")];
  if (load === undefined) throw new Error(`there is no server called ${settings.peer}`);
  return (await load())(settings);
}

async function memory(): Promise<PeerMemory> {
  // The second takes what the first has only found to be free.
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

answerQuestions((question: PeerQuestion) => ("serve" in question ? serve(question.serve) : memory()));
