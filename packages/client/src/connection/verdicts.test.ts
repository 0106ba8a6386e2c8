import { describe, expect, it } from "vitest";
import { Verdicts } from "./verdicts.ts";

const after = (...codes: readonly (number | null)[]): string | undefined => {
  const verdicts = new Verdicts();
  return codes.map((code) => verdicts.next(code)).at(-1);
};

describe("Verdicts", () => {
  it.each([1000, 1001, 1006, 1011, 1012, 1013, 4000, 4001, 4002, 4008, 4013, 4029, 4099, null])(
    "comes back after %s",
    (code) => {
      expect(after(code, code, code, code, code)).toBe("reconnect");
    },
  );

  it.each([4500, 4503, 4504, 4505, 4506, 4509, 4999])("stops after %s", (code) => {
    expect(after(code)).toBe("stop");
  });

  it.each([1002, 1007, 1008, 1009])("stops after the third %s in a row", (code) => {
    expect(after(code, code)).toBe("reconnect");
    expect(after(code, 1002, code)).toBe("stop");
    expect(after(code, code, 1006, code)).toBe("reconnect");
  });

  it("asks for a new token after 4100, as often as it comes", () => {
    expect(after(4100, 4100, 4100, 4100)).toBe("new-token");
    expect(after(4321)).toBe("new-token");
  });

  it("asks for a new token after 4501 once; a welcome in between makes it good", () => {
    expect(after(4501)).toBe("new-token");
    expect(after(4501, 4501)).toBe("stop");
    expect(after(4501, 1006, 4501)).toBe("stop");
    const verdicts = new Verdicts();
    verdicts.next(4501);
    verdicts.welcomed();
    expect(verdicts.next(4501)).toBe("new-token");
    verdicts.forgive();
    expect(verdicts.next(4501)).toBe("new-token");
  });
});
