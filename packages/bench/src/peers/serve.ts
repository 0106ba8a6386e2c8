// One server that is measured, as a process of its own: started by running-peer.ts.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector/promises";
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

/** As Node.js has it under `--expose-gc`. */
type CollectGarbage = (how: { type: "major"; execution: "sync"; flavor: "last-resort" }) => void;

/**
 * What is held on to. Where V8 puts what is new grows with a rush, to 128 MB, whoever rushes in, and stays with the
 * process until it has idled for long: a last resort gives that back, too, of every peer's.
 */
async function memory(): Promise<PeerMemory> {
  const collect = globalThis.gc as CollectGarbage | undefined;
  // The second takes what the first has only found to be free.
  for (let round = 0; round < 3; round++) {
    collect?.({ type: "major", execution: "sync", flavor: "last-resort" });
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

const profiler = new Session();

/** Says where the process spends its time: what Chrome's developer tools open. */
async function profile(question: Extract<PeerQuestion, { readonly profile: string }>): Promise<void> {
  if (question.profile === "begin") {
    profiler.connect();
    await profiler.post("Profiler.enable");
    await profiler.post("Profiler.start");
  } else {
    const { profile: nodes } = await profiler.post("Profiler.stop");
    writeFileSync(question.file, JSON.stringify(nodes));
  }
}

answerQuestions((question: PeerQuestion) => {
  if ("serve" in question) return serve(question.serve);
  return "profile" in question ? profile(question) : memory();
});
