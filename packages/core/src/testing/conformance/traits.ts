import { codeOf } from "./code-of.ts";
import type { Runner } from "./runner.ts";

/** What every port has. */
export interface Port {
  open(): Promise<void>;
  close(): Promise<void>;
  ping(): Promise<void>;
}

export interface PortUnderTest<Kind extends Port> {
  /** Not open yet. */
  readonly port: Kind;
  /** Closes it if it is still open, and removes what it left behind. */
  destroy(): Promise<void>;
}

/** What each method owes before, while and after its port is open. */
export function portTraits<Kind extends Port>(
  { describe, it, expect }: Runner,
  create: () => Promise<PortUnderTest<Kind>>,
  /** One harmless call of each method, by its name. */
  calls: Readonly<Record<string, (port: Kind) => Promise<unknown>>>,
): void {
  const all = Object.entries({ ping: (port: Kind) => port.ping(), ...calls });
  const withPort = (run: (port: Kind) => Promise<void>) => async () => {
    const { port, destroy } = await create();
    try {
      await run(port);
    } finally {
      await destroy();
    }
  };
  const expectAll = async (port: Kind, code: string) => {
    for (const [name, call] of all) expect(await codeOf(call(port)), name).toBe(code);
  };

  describe("opening and closing", () => {
    it(
      "every call rejects with closed before open",
      withPort((port) => expectAll(port, "closed")),
    );

    it(
      "every call works once open has resolved",
      withPort(async (port) => {
        await port.open();
        await expectAll(port, "resolved");
      }),
    );

    it(
      "a second open is refused with conflict, and the first stands",
      withPort(async (port) => {
        await port.open();
        expect(await codeOf(port.open())).toBe("conflict");
        await port.ping();
      }),
    );

    it(
      "every call rejects with closed after close",
      withPort(async (port) => {
        await port.open();
        await port.close();
        await expectAll(port, "closed");
      }),
    );

    it(
      "every call rejects with closed from the moment close is called",
      withPort(async (port) => {
        await port.open();
        const closing = port.close();
        const codes = await Promise.all(all.map(([, call]) => codeOf(call(port))));
        expect(new Set(codes)).toEqual(new Set(["closed"]));
        await closing;
      }),
    );

    it(
      "a second close does nothing, also while the first is under way",
      withPort(async (port) => {
        await port.open();
        await Promise.all([port.close(), port.close()]);
        await port.close();
      }),
    );

    it(
      "close without open does nothing",
      withPort(async (port) => {
        await port.close();
        await expectAll(port, "closed");
      }),
    );
  });
}
