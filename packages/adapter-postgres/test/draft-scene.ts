import type { ChatEngine, ChatEngineOptions, EngineLimits, MessageStore } from "@earshot/core";
import { createTestChat, type TestChat } from "@earshot/core/testing";
import type { EventFrame, GatewayFrame } from "@earshot/protocol";
import type { Pool, PoolClient } from "pg";
import { type PostgresStoreOptions, postgresStore } from "../src/index.ts";
import { newNamespace, storePool } from "./store-under-test.ts";
import { until } from "./until.ts";

/** Longer than any test: what happens all the same happens for another reason. */
const NEVER_MS = 1_000_000_000;
/** Nobody looks, and nobody is told: drafts stay where they are until somebody asks. */
export const IDLE = { draftsEveryMs: NEVER_MS } satisfies Partial<EngineLimits>;

type Gateway = TestChat & { readonly store: MessageStore };

export interface DraftScene {
  readonly pool: Pool;
  readonly namespace: string;
  /** Another gateway, which is closed with the scene. */
  gateway(given?: Partial<ChatEngineOptions> & { readonly storeOptions?: PostgresStoreOptions }): Promise<Gateway>;
  /** A transaction of the host's. What it gives, after the commit. */
  transaction<Value>(run: (client: PoolClient) => Promise<Value>): Promise<Value>;
  /** Rows of the table of drafts. */
  drafts(): Promise<number>;
  close(): Promise<void>;
}

/** A database of a host's, with a conversation `c1` of alice (owner) and bob. */
export async function draftScene(config: object = {}, options: PostgresStoreOptions = {}): Promise<DraftScene> {
  const pool = storePool(config);
  const namespace = newNamespace();
  const gateways: Gateway[] = [];
  const first = postgresStore(pool, { ...options, namespace });
  await first.open();
  await first.close();
  const gateway: DraftScene["gateway"] = async ({ storeOptions, ...given } = {}) => {
    const store = postgresStore(pool, { ...options, namespace, ...storeOptions });
    const test = { ...(await createTestChat({ store, ...given })), store };
    gateways.push(test);
    return test;
  };
  const making = await gateway();
  await making.chat.as("alice").create({ kind: "group", id: "c1", members: ["bob"] });
  await making.close();
  return {
    pool,
    namespace,
    gateway,
    async transaction(run) {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const value = await run(client);
        await client.query("COMMIT");
        return value;
      } catch (error) {
        await client.query("ROLLBACK");
        throw error;
      } finally {
        client.release();
      }
    },
    async drafts() {
      const { rows } = await pool.query(`SELECT count(*)::int AS count FROM "earshot_${namespace}".drafts`);
      return (rows[0] as { readonly count: number }).count;
    },
    async close() {
      for (const each of gateways) await each.close();
      await pool.query(`DROP SCHEMA "earshot_${namespace}" CASCADE`);
      await pool.end();
    },
  };
}

/** Events that a connected member is given, of all conversations. */
export async function connected(test: TestChat, user: string): Promise<readonly EventFrame[]> {
  const events: EventFrame[] = [];
  let welcome = false;
  const { url, transport } = test.client(user);
  const connection = transport(url, {
    onOpen: () => connection.send(JSON.stringify({ t: "hello", v: 1, token: user, device: `${user}-1` })),
    onText: (text) => {
      const frame = JSON.parse(text) as GatewayFrame;
      if (frame.t === "welcome") welcome = true;
      if (frame.t === "event") events.push(frame);
    },
    onClose: () => {},
  });
  await until(() => welcome, 5_000);
  return events;
}

/** Texts of the messages in `c1`, in their order. */
export async function textsIn(chat: ChatEngine): Promise<readonly unknown[]> {
  const { events = [] } = await chat.as("alice").conversation("c1").fetch({ after: 0 });
  return events.flatMap((event) => ("body" in event && event.type === "message" ? [event.body?.["text"]] : []));
}
