// Those who send, by the real client, each on a connection of their own: a process, asked by run-latency.ts.
import { ChatClient, type Conversation } from "@earshot/client";
import { answerQuestions } from "../machine/answer.ts";
import { online } from "./online.ts";
import { monotonicMicros, type SendersQuestion, type SentCount } from "./questions.ts";

const TEXT = "hello there, how are you doing today my friend? ok";
const PACE_EVERY_MS = 2;

let own: readonly Conversation[] = [];

async function connect(url: string, pairs: number): Promise<readonly string[]> {
  own = await Promise.all(
    Array.from({ length: pairs }, async (_, index) => {
      const chat = new ChatClient({ url, token: () => `s${index}` });
      await online(chat);
      const { id } = await chat.create({ kind: "group", members: [`r${index}`] });
      return chat.conversation(id);
    }),
  );
  return own.map(({ id }) => id);
}

async function sendBy(conversation: Conversation | undefined): Promise<void> {
  await conversation?.send({ text: TEXT, at: monotonicMicros() }).sent;
}

async function flood(inFlight: number, ms: number): Promise<SentCount> {
  const startedAt = performance.now();
  let sent = 0;
  const sendOn = async (conversation: Conversation): Promise<void> => {
    while (performance.now() - startedAt < ms) {
      await sendBy(conversation);
      sent++;
    }
  };
  await Promise.all(own.flatMap((conversation) => Array.from({ length: inFlight }, () => sendOn(conversation))));
  return { sent, perSecond: (sent * 1_000) / (performance.now() - startedAt) };
}

async function pace(perSecond: number, ms: number): Promise<SentCount> {
  const startedAt = performance.now();
  const sends: Promise<void>[] = [];
  for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - startedAt) {
    const due = Math.floor((elapsed * perSecond) / 1_000) + 1;
    while (sends.length < due) sends.push(sendBy(own[sends.length % own.length]));
    await new Promise((resolve) => setTimeout(resolve, PACE_EVERY_MS));
  }
  await Promise.all(sends);
  return { sent: sends.length, perSecond: (sends.length * 1_000) / (performance.now() - startedAt) };
}

answerQuestions(async (question: SendersQuestion) => {
  if ("connect" in question) return connect(question.connect.url, question.connect.pairs);
  if ("flood" in question) return flood(question.flood.inFlight, question.flood.ms);
  return pace(question.pace.perSecond, question.pace.ms);
});
