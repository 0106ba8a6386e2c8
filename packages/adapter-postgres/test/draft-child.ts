import { ChatEngine } from "@earshot/core";
import { Pool } from "pg";
import { postgresStore } from "../src/index.ts";

/** A gateway that commits what its host has stored, and dies before it is numbered. */
const pool = new Pool({ connectionString: process.env["DRAFTS_URL"] });
const namespace = process.env["DRAFTS_NAMESPACE"] ?? "";
const chat = new ChatEngine({
  store: postgresStore(pool, { namespace, listen: false }),
  authenticate: () => null,
  limits: { draftsEveryMs: 1_000_000_000 },
});
await chat.start();
const client = await pool.connect();
await client.query("BEGIN");
const c1 = chat.as("bob").conversation("c1");
await c1.send({ text: "from the grave" }, { tx: client });
await c1.send({ text: "and again" }, { tx: client });
await client.query("COMMIT");
process.kill(process.pid, "SIGKILL");
