import { CLOSE } from "@earshot/protocol";
import { expect, it } from "vitest";
import { ABNORMAL, BROKEN, MALFORMED, NORMAL, OVERSIZED, REFUSED } from "./close-number.ts";

it("close numbers are those of the protocol's table", () => {
  expect({ NORMAL, BROKEN, ABNORMAL, OVERSIZED, MALFORMED, REFUSED }).toEqual({
    NORMAL: CLOSE.normal.code,
    BROKEN: CLOSE.protocolError.code,
    ABNORMAL: CLOSE.abnormal.code,
    OVERSIZED: CLOSE.tooLarge.code,
    MALFORMED: CLOSE.malformed.code,
    REFUSED: CLOSE.unauthenticated.code,
  });
});
