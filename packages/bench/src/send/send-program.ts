// One way of sending on one store, measured: a process of its own, asked by scenarios/send.ts.
import { answerQuestions } from "../machine/answer.ts";
import { benchPool, benchStore } from "../stores/open-bench-store.ts";
import type { Metered } from "./meter.ts";
import { sendBare } from "./send-bare.ts";
import { sendByEngine } from "./send-by-engine.ts";
import { sendByTransactions } from "./send-by-transactions.ts";
import type { SendRequest } from "./send-request.ts";

async function send(request: SendRequest): Promise<Metered> {
  const { store, end } = benchStore(request.store);
  try {
    return await (request.way === "earshot" ? sendByEngine(store, request) : sendBare(store, request));
  } finally {
    await end();
  }
}

async function sendSingly(request: SendRequest): Promise<Metered> {
  const pool = benchPool(request.store.at);
  try {
    return await sendByTransactions(pool, request);
  } finally {
    await pool.end();
  }
}

answerQuestions((request: SendRequest) => (request.way === "transactions" ? sendSingly(request) : send(request)));
