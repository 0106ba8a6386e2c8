import { busSuite } from "@earshot/core/testing";
import { describe, expect, it } from "vitest";
import { natsBus } from "../src/index.ts";
import { adapterOf } from "./three-nodes.ts";

describe("NATS bus", () => {
  busSuite(
    { describe, it, expect },
    adapterOf(
      natsBus,
      async (connections) => {
        for (const connection of connections) await connection.reconnect();
      },
      // When it is lost, and when it is back.
      2,
    ),
  );
});
