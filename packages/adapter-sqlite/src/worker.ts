import { parentPort, workerData } from "node:worker_threads";
import type { FromWorker, ToWorker } from "./calls.ts";
import { openDatabase } from "./open-database.ts";
import { Purge } from "./purge.ts";
import { ReadStatements } from "./read-statements.ts";
import { refusalOf } from "./refusal.ts";
import { runRound } from "./round.ts";
import { WriteStatements } from "./write-statements.ts";

// The thread that SQLite runs in, so that an fsync stalls no socket. Its imports are Node's own and
// files of this package alone, so that it starts from sources as from a build.

const port = parentPort;
if (port !== null) {
  const tell = (message: FromWorker) => port.postMessage(message);
  try {
    const { database, durability } = openDatabase((workerData as { readonly path: string }).path);
    const statements = { read: new ReadStatements(database), write: new WriteStatements(database) };
    const purge = new Purge(database);
    let step: NodeJS.Immediate | null = null;

    // One step a turn: rounds that arrive meanwhile come between.
    const purgeOn = () => {
      if (step !== null || !purge.pending) return;
      step = setImmediate(() => {
        step = null;
        try {
          purge.step();
          purgeOn();
        } catch {
          // A full disk, for one. It is tried again after the next round, and after the next open.
        }
      });
    };

    port.on("message", (message: ToWorker) => {
      if ("round" in message) {
        runRound(database, statements, message.round, tell);
        purgeOn();
      } else {
        if (step !== null) clearImmediate(step);
        database.close();
        port.close();
      }
    });
    tell({ opened: durability });
    purgeOn();
  } catch (error) {
    tell({ refused: refusalOf(error) });
  }
}
