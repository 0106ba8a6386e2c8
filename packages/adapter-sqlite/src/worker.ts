import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./calls.ts";
import { openDatabase } from "./open-database.ts";
import { refusalOf } from "./refusal.ts";
import { runRound } from "./round.ts";
import { Statements } from "./statements.ts";

// The thread that SQLite runs in, so that an fsync stalls no socket. Its imports are Node's own and
// files of this package alone, so that it starts from sources as from a build.

const port = parentPort;
if (port !== null) {
  const tell = (message: FromWorker) => port.postMessage(message);
  try {
    const { database, durability } = openDatabase((workerData as { readonly path: string }).path);
    const statements = new Statements(database);
    port.on("message", (message: ToWorker) => {
      if ("round" in message) {
        runRound(database, statements, message.round, tell);
      } else {
        database.close();
        port.close();
      }
    });
    tell({ opened: durability });
  } catch (error) {
    tell({ refused: refusalOf(error) });
  }
}
