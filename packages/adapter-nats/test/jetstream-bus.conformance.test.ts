import { busSuite } from "@earshot/core/testing";
import { jetstreamManager } from "@nats-io/jetstream";
import { describe, expect, it } from "vitest";
import { jetstreamBus } from "../src/index.ts";
import { adapterOf } from "./three-nodes.ts";

describe("JetStream bus", () => {
  busSuite(
    { describe, it, expect },
    adapterOf(
      jetstreamBus,
      // A lost connection alone loses nothing here: the stream has to go, too.
      async (connections, namespace) => {
        const [one] = connections;
        if (one !== undefined) await (await jetstreamManager(one)).streams.delete(`earshot_${namespace}_bus`);
        for (const connection of connections) await connection.reconnect();
      },
      1,
      async (connection, namespace) => {
        await (await jetstreamManager(connection)).streams.delete(`earshot_${namespace}_bus`).catch(() => {});
      },
    ),
  );
});
