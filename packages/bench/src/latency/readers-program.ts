// Those who read, by the real client, each on a connection of their own: a process, asked by run-latency.ts.
import { ChatClient, type WindowView } from "@earshot/client";
import { answerQuestions } from "../machine/answer.ts";
import { quantile } from "../median.ts";
import { until } from "./online.ts";
import { type Latencies, monotonicMicros, type ReadersQuestion } from "./questions.ts";

const WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;
/** What an application shows of a conversation that runs. */
const ITEMS_MAX = 200;

let taken: number[] = [];

async function watch(url: string, conversations: readonly string[]): Promise<void> {
  await Promise.all(
    conversations.map(async (c, index) => {
      const chat = new ChatClient({ url, token: () => `r${index}`, limits: { windowItemsMax: ITEMS_MAX } });
      const window = chat.conversation(c).messages();
      window.subscribe(noteNew());
      await until(window, ({ status }) => status === "live");
    }),
  );
}

/** Notes how long each message took when a window first shows it. */
function noteNew(): (view: WindowView) => void {
  let shown = 0;
  return ({ items }) => {
    const now = monotonicMicros();
    let last = shown;
    for (let at = items.length - 1; at >= 0; at--) {
      const item = items[at];
      if (item === undefined || item.seq === null || item.seq <= shown) break;
      last = Math.max(last, item.seq);
      const sentAt = item.kind === "message" ? item.body["at"] : undefined;
      if (typeof sentAt === "number") taken.push((now - sentAt) / 1_000);
    }
    shown = last;
  };
}

async function takenOf(count: number): Promise<Latencies> {
  for (const deadline = performance.now() + WITHIN_MS; taken.length < count; ) {
    if (performance.now() > deadline) throw new Error(`${taken.length} of ${count} messages were shown`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  const all = taken;
  taken = [];
  if (all.length > count) throw new Error(`${all.length} messages were shown, ${count} sent`);
  return { p50Ms: quantile(all, 0.5), p95Ms: quantile(all, 0.95), p99Ms: quantile(all, 0.99) };
}

answerQuestions(async (question: ReadersQuestion) => {
  if ("watch" in question) return watch(question.watch.url, question.watch.conversations);
  return takenOf(question.taken);
});
