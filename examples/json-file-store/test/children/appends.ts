import { jsonFileStore } from "../../src/json-file-store.ts";

/** Appends until it is killed, and says each seq once it is told. */
const [, , file = ""] = process.argv;
const store = jsonFileStore({ file });
await store.open();
const page = await store.range({ conversation: "c", view: "log", from: "newest", rows: 1, bytes: 1_000 });
if (page === null) {
  await store.create({
    id: "c",
    kind: "group",
    mode: "push",
    epoch: "e",
    creator: "u",
    at: 0,
    title: null,
    meta: null,
    open: false,
    wholeHistory: false,
    members: [["u", "owner"]],
    first: [{ type: "meta", body: {} }],
  });
}
for (let n = (page?.head ?? 1) + 1; ; n++) {
  const key = { id: `m${n}`, hash: "h" };
  const [result] = await store.append([
    { conversation: "c", user: "u", at: 0, type: "message", body: { n }, key, by: ["owner"] },
  ]);
  if (result?.kind === "event") process.stdout.write(`${result.row.seq}\n`);
}
