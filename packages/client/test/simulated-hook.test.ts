// How an application tests a hook of its own under simulated crashes.
import { type Before, refuse } from "@earshot/core";
import { simulate } from "@earshot/core/testing";
import { expect, it } from "vitest";
import { simulatedClient } from "../src/testing/index.ts";

/** The hook under test: nobody shouts. */
const noShouting: Before<"send"> = ({ body }) => {
  if (body["loud"] === true) throw refuse("forbidden", "shouting");
};

it.each([1, 2, 3, 4, 5])("what the hook refuses is refused for good, whoever crashes (seed %i)", async (seed) => {
  const { verdict, lines } = await simulate({
    seed,
    client: simulatedClient,
    faults: ["crash gateway", "crash device", "cut"],
    body: (text) => ({ text, loud: text.endsWith("7") }),
    setUp: (chat) => void chat.before("send", noShouting),
  });
  const refused = lines.filter((line) => line.ev === "fail" && line.code === "forbidden");
  expect(refused.length).toBeGreaterThan(0);
  expect(verdict).toMatchObject({ violations: [], unknowns: [] });
  expect(verdict.counts.acked).toBeGreaterThan(100);
});
