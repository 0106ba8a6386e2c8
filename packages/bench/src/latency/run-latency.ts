import { join } from "node:path";
import { Child } from "../machine/child.ts";
import type { Latencies, ReadersQuestion, SendersQuestion, SentCount } from "./questions.ts";

const SENDERS = join(import.meta.dirname, "senders-program.ts");
const READERS = join(import.meta.dirname, "readers-program.ts");

export interface LatencyLoad {
  /** Senders, each with a reader. */
  readonly pairs: number;
  /** Unanswered sends of each pair when it is saturated. */
  readonly inFlight: number;
  readonly warmMs: number;
  readonly saturatedMs: number;
  readonly halfMs: number;
  readonly idleMs: number;
  /** Messages a second in all that count as idle. */
  readonly idlePerSecond: number;
}

export interface LatencyFigures {
  /** What the machine carries, gateways, servers and clients together. */
  readonly saturationPerSecond: number;
  readonly saturated: Latencies;
  /** At half of that. */
  readonly half: Latencies;
  readonly idle: Latencies;
}

/** Senders on one gateway, their readers on another (or the same): saturates it, then measures at half of that, and idle. */
export async function runLatency(sendersUrl: string, readersUrl: string, load: LatencyLoad): Promise<LatencyFigures> {
  const senders = new Child(SENDERS, { core: null });
  const readers = new Child(READERS, { core: null });
  try {
    return await measure(
      (question) => senders.ask(question),
      (question) => readers.ask(question),
      { sendersUrl, readersUrl, ...load },
    );
  } finally {
    await Promise.all([senders.kill(), readers.kill()]);
  }
}

async function measure(
  senders: <Answer>(question: SendersQuestion) => Promise<Answer>,
  readers: <Answer>(question: ReadersQuestion) => Promise<Answer>,
  load: LatencyLoad & { readonly sendersUrl: string; readonly readersUrl: string },
): Promise<LatencyFigures> {
  const { sendersUrl, readersUrl, pairs, inFlight } = load;
  const conversations = await senders<readonly string[]>({ connect: { url: sendersUrl, pairs } });
  await readers({ watch: { url: readersUrl, conversations } });
  const step = async (question: SendersQuestion): Promise<SentCount & { readonly took: Latencies }> => {
    const count = await senders<SentCount>(question);
    return { ...count, took: await readers<Latencies>({ taken: count.sent }) };
  };
  await step({ flood: { inFlight, ms: load.warmMs } });
  const saturated = await step({ flood: { inFlight, ms: load.saturatedMs } });
  const half = await step({ pace: { perSecond: saturated.perSecond / 2, ms: load.halfMs } });
  const idle = await step({ pace: { perSecond: load.idlePerSecond, ms: load.idleMs } });
  return {
    saturationPerSecond: saturated.perSecond,
    saturated: saturated.took,
    half: half.took,
    idle: idle.took,
  };
}
