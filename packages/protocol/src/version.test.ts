import { expect, it } from "vitest";
import { PROTOCOL_VERSION, SUBPROTOCOL } from "./version.ts";

it("the subprotocol names the version that a hello names", () => {
  expect(SUBPROTOCOL).toBe(`earshot.v${PROTOCOL_VERSION}`);
});
