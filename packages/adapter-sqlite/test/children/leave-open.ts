// Opens a store, writes to it and never closes it: node leave-open.ts <file>. Ends by itself if nothing keeps it alive.
import { sqliteStore } from "../../src/index.ts";

const store = sqliteStore(process.argv[2] ?? "");
await store.open();
process.emitWarning("a warning of the host's own", "ExperimentalWarning");
console.log(await store.setting("name", () => "value"));
