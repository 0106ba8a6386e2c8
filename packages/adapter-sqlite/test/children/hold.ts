// Opens a store and keeps it: node hold.ts <file>. Says `open`, or the error as JSON, and waits for its standard input to end.
import { sqliteStore } from "../../src/index.ts";

const store = sqliteStore(process.argv[2] ?? "");
try {
  await store.open();
  console.log("open");
  for await (const _ of process.stdin);
  await store.close();
} catch (error) {
  const { code, message } = error as { code?: string; message?: string };
  console.log(JSON.stringify({ code, message }));
}
