import type { Runner } from "../runner.ts";
import type { WithStore } from "./adapter-under-test.ts";

/** Values that are made once, then the same for every node. */
export function settingCases({ describe, it, expect }: Runner, withStore: WithStore): void {
  describe("setting", () => {
    it(
      "keeps what the first caller made, and makes nothing again",
      withStore(async (store) => {
        expect(await store.setting("secret", () => "first")).toBe("first");
        let asked = 0;
        const again = () => {
          asked += 1;
          return "second";
        };
        expect(await store.setting("secret", again)).toBe("first");
        expect(asked).toBe(0);
        expect(await store.setting("other", () => "another")).toBe("another");
      }),
    );

    it(
      "gives many callers at once one value, which one of them made",
      withStore(async (store) => {
        const values = await Promise.all(
          Array.from({ length: 20 }, (_, n) => store.setting("secret", () => `value ${n}`)),
        );
        expect(new Set(values).size).toBe(1);
        expect(/^value \d+$/.test(values[0] ?? "")).toBe(true);
        expect(await store.setting("secret", () => "later")).toBe(values[0]);
      }),
    );
  });
}
