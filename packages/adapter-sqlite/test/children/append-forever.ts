// Appends until it is killed: node append-forever.ts <file> <run>. Says every acknowledged entry as `conversation seq id`,
// one line a batch, as soon as its append has resolved.
import { writeSync } from "node:fs";
import { sqliteStore } from "../../src/index.ts";

const [file = "", run = ""] = process.argv.slice(2);
const CONVERSATIONS = 20;
const LANES = 4;
const BATCH_ENTRIES = 40;

const store = sqliteStore(file);
await store.open();
const members = [["alice", "owner"]] as const;
for (let n = 0; n < CONVERSATIONS; n++) {
  await store.create({
    id: `c${n}`,
    kind: "group",
    mode: "push",
    epoch: `e${n}`,
    creator: "alice",
    at: 1,
    title: null,
    meta: null,
    open: false,
    wholeHistory: false,
    members,
    first: [{ type: "meta", body: { members } }],
  });
}

async function lane(name: number): Promise<never> {
  for (let batch = 0; ; batch++) {
    const entries = Array.from({ length: BATCH_ENTRIES }, (_, at) => {
      const id = `${run}-${name}-${batch}-${at}`;
      // Large enough for several checkpoints in a run: the log is copied into the file every 16 MB.
      const body = { id, filling: "x".repeat(1_500) };
      const conversation = `c${(batch * 7 + at * 3) % CONVERSATIONS}`;
      return {
        conversation,
        user: "alice",
        at: 1,
        type: "message",
        body,
        key: { id, hash: id },
        by: ["owner"],
      } as const;
    });
    const results = await store.append(entries);
    const acked = results.map((result, at) => {
      if (result.kind !== "event") throw new Error(`refused: ${JSON.stringify(result)}`);
      return `${entries[at]?.conversation} ${result.row.seq} ${result.row.id}`;
    });
    writeSync(1, `${acked.join(",")}\n`);
  }
}
await Promise.all(Array.from({ length: LANES }, (_, name) => lane(name)));
