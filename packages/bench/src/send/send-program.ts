// One way of sending on one store, measured: a process of its own, started by run-program's runProgram.
import { answerOnce } from "../programs/program.ts";
import { benchPool, benchStore } from "../stores/open-bench-store.ts";
import type { Metered } from "./meter.ts";
import { sendBare } from "./send-bare.ts";
import { sendByEngine } from "./send-by-engine.ts";
import { sendByTransactions } from "./send-by-transactions.ts";
import type { SendRequest } from "./send-request.ts";

async function send(request: SendRequest): Promise<Metered> {
  if (request.way === "transactions") {
    const pool = benchPool(request.store.at);
    return sendByTransactions(pool, request).finally(() => pool.end());
  }
  const { store, end } = benchStore(request.store);
  const measured = request.way === "engine" ? sendByEngine(store, request) : sendBare(store, request);
  return measured.finally(end);
}

answerOnce(send);
