// A long history and a long inbox, written and read: a process of its own, asked by scenarios/history.ts.
import { ChatEngine, type MessageStore } from "@earshot/core";
import { answerQuestions } from "../machine/answer.ts";
import { makeConversations, SENDER } from "../send/make-conversations.ts";
import { benchStore } from "../stores/open-bench-store.ts";
import { fill } from "./fill.ts";
import type { HistoryAnswer, HistoryRequest } from "./history-request.ts";
import { readBack } from "./read-back.ts";
import { readInbox } from "./read-inbox.ts";

/** One reader may ask for more than people do. */
const NO_RATES = { rowsPerSecondPerUserMax: 1_000_000_000, rowsBurstPerUserMax: 1_000_000_000 };

async function readAll(store: MessageStore, request: HistoryRequest): Promise<HistoryAnswer> {
  const chat = new ChatEngine({ store, authenticate: () => null, limits: NO_RATES });
  await chat.start();
  const [long = "", ...others] = await makeConversations(store, request.conversations);
  await fill(store, request.events, () => long);
  const ids = [long, ...others];
  await fill(store, others.length, (n) => others[n] ?? "");
  const actor = chat.as(SENDER);
  const back = await readBack(actor.conversation(long), request);
  const inbox = await readInbox(actor, store, ids, request);
  await chat.close();
  return { ...back, ...inbox };
}

async function history(request: HistoryRequest): Promise<HistoryAnswer> {
  const { store, end } = benchStore(request.store);
  try {
    return await readAll(store, request);
  } finally {
    await end();
  }
}

answerQuestions(history);
