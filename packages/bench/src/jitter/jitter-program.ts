// Clients whose networks come and go: a process of its own, asked by scenarios/jitter.ts.
import { ChatClient } from "@earshot/client";
import { becomes, passes } from "../generator/wait.ts";
import { online } from "../latency/online.ts";
import { monotonicMicros } from "../latency/questions.ts";
import { answerQuestions } from "../machine/answer.ts";
import { quantile } from "../median.ts";
import { conversationName, userName } from "../population.ts";
import { JitterClient, type JitterNotes } from "./jitter-client.ts";
import type { JitterAnswer, JitterRequest } from "./jitter-request.ts";

/** Clients that connect at the same time. */
const AT_ONCE = 100;
/** Time after the last message in which everybody has to have everything, in ms. */
const SETTLED_WITHIN_MS = 30_000;
const TEXT = "hello there, how are you doing today my friend? ok";

async function connectAll({ port, population }: JitterRequest, notes: JitterNotes): Promise<readonly JitterClient[]> {
  const url = `http://127.0.0.1:${port}/chat`;
  const clients: JitterClient[] = [];
  for (let from = 1; from < population.users; from += AT_ONCE) {
    const to = Math.min(population.users, from + AT_ONCE);
    for (let index = from; index < to; index++) {
      clients.push(new JitterClient(url, index, conversationName(0), notes));
    }
    await Promise.all(clients.slice(from - 1).map((client) => client.ready()));
  }
  return clients;
}

/** Each is cut at its own time, evenly over the period, again and again until `over`. */
async function cutInTurns(
  clients: readonly JitterClient[],
  { cutEveryMs, cutMs }: JitterRequest,
  head: () => number,
  over: () => boolean,
): Promise<void> {
  const startedAt = performance.now();
  const cutting: Promise<void>[] = [];
  const cutOne = async (client: JitterClient): Promise<void> => {
    client.cut();
    await passes(cutMs);
    client.restore(head());
  };
  for (let cuts = 0; !over(); ) {
    const due = ((performance.now() - startedAt) * clients.length) / cutEveryMs;
    for (; cuts < due; cuts++) {
      const client = clients[cuts % clients.length];
      if (client !== undefined) cutting.push(cutOne(client));
    }
    await passes(2);
  }
  await Promise.all(cutting);
}

async function jitter(request: JitterRequest): Promise<JitterAnswer> {
  const { port, messages, apartMs } = request;
  const notes: JitterNotes = { replays: [], live: [], cuts: 0 };
  const clients = await connectAll(request, notes);
  const sender = new ChatClient({ url: `http://127.0.0.1:${port}/chat`, token: () => userName(0) });
  await online(sender);
  const conversation = sender.conversation(conversationName(0));
  let head = 0;
  let sent = 0;
  const cutting = cutInTurns(
    clients,
    request,
    () => head,
    () => sent === messages,
  );
  const startedAt = performance.now();
  for (; sent < messages; sent++) {
    await passes(Math.max(0, startedAt + (sent + 1) * apartMs - performance.now()));
    head = (await conversation.send({ text: TEXT, at: monotonicMicros() }).sent).seq;
  }
  await cutting;
  await becomes(() => clients.every(({ seq }) => seq === head), SETTLED_WITHIN_MS);
  const shown = clients.map((client) => client.shown());
  const answer: JitterAnswer = {
    expected: messages * clients.length,
    delivered: shown.reduce((sum, one) => sum + one.messages, 0),
    shownTwice: shown.reduce((sum, { twice }) => sum + twice, 0),
    cuts: notes.cuts,
    replays: notes.replays.length,
    ...{ replayP50Ms: quantile(notes.replays, 0.5), replayP95Ms: quantile(notes.replays, 0.95) },
    ...{ replayP99Ms: quantile(notes.replays, 0.99), replayMaxMs: quantile(notes.replays, 1) },
    ...{ liveP50Ms: quantile(notes.live, 0.5), liveP99Ms: quantile(notes.live, 0.99) },
  };
  return answer;
}

answerQuestions(jitter);
