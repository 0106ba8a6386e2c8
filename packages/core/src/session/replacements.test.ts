import { CLOSE, type CloseCode } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SessionEnvelope } from "../ports/bus.ts";
import { type ReplaceableSession, Replacements, replacement } from "./replacements.ts";

const said = (
  session: string,
  attempt: number | null,
  over: SessionEnvelope["over"] = null,
  device = "d1",
): SessionEnvelope => ({ kind: "session", user: "alice", device, session, attempt, over });

describe("replacement", () => {
  it("lets the higher attempt stay, which says so to who does not know", () => {
    expect(replacement({ id: "s1", attempt: 1 }, said("s2", 2), false)).toBe("goes");
    expect(replacement({ id: "s1", attempt: 2 }, said("s2", 1), false)).toEqual({ says: null });
  });

  it("lets the later stay where attempts do not tell", () => {
    for (const [own, other] of [
      [null, null],
      [3, 3],
      [null, 3],
      [3, null],
    ] as const) {
      expect(replacement({ id: "s1", attempt: own }, said("s2", other), false)).toBe("goes");
      const asks = { says: { of: "s1", word: "asks" } };
      expect(replacement({ id: "s2", attempt: own }, said("s1", other), false)).toEqual(asks);
      const stays = { says: { of: "s2", word: "stays" } };
      expect(replacement({ id: "s1", attempt: own }, said("s2", other, { of: "s1", word: "asks" }), false)).toEqual(
        stays,
      );
      expect(replacement({ id: "s2", attempt: own }, said("s1", other, { of: "s2", word: "stays" }), false)).toBe(
        "goes",
      );
      expect(replacement({ id: "s1", attempt: own }, said("s2", other), true)).toBe("nothing");
    }
  });

  it("is not concerned by what is said to a third one", () => {
    expect(replacement({ id: "s1", attempt: null }, said("s2", null, { of: "s3", word: "stays" }), false)).toBe(
      "nothing",
    );
  });
});

class FakeSession implements ReplaceableSession {
  readonly user = "alice";
  readonly device: string;
  live = true;
  closed: CloseCode | null = null;
  readonly id: string;
  readonly attempt: number | null;

  constructor(id: string, attempt: number | null, device = "d1") {
    this.id = id;
    this.attempt = attempt;
    this.device = device;
  }

  end(close: CloseCode): void {
    this.live = false;
    this.closed = close;
  }
}

/** Nodes whose envelopes wait until a test lets them arrive. */
function cluster(nodes: number) {
  const wires: { to: number; envelope: SessionEnvelope }[] = [];
  const here = Array.from({ length: nodes }, () => new Set<FakeSession>());
  const all = here.map(
    (sessions, node) =>
      new Replacements<FakeSession>({
        sessionsOf: () => [...sessions].filter(({ live }) => live),
        listening: async () => {},
        tellNodes: (_topics, envelope) => {
          for (let to = 0; to < nodes; to++) {
            // A node without a session of the user does not listen.
            if (to !== node) wires.push({ to, envelope });
          }
        },
      }),
  );
  const enter = async (node: number, session: FakeSession) => {
    here[node]?.add(session);
    await all[node]?.entered(session);
  };
  const arrive = (index: number) => {
    const [wire] = wires.splice(index, 1);
    if (wire !== undefined && [...(here[wire.to] ?? [])].some(({ live }) => live)) all[wire.to]?.heard(wire.envelope);
  };
  const settle = () => {
    for (let steps = 0; wires.length > 0 && steps < 1_000; steps++) arrive(0);
  };
  return { wires, enter, arrive, settle };
}

describe("Replacements", () => {
  it("closes an earlier attempt on another node with 4504, and leaves other devices alone", async () => {
    const { enter, settle } = cluster(2);
    const [first, other, second] = [new FakeSession("s9", 1), new FakeSession("s8", 1, "d2"), new FakeSession("s1", 2)];
    await enter(0, first);
    await enter(0, other);
    settle();
    await enter(1, second);
    settle();
    expect([first.closed, other.closed, second.closed]).toEqual([CLOSE.replaced, null, null]);
  });

  it("closes a newcomer whose attempt is the lower one", async () => {
    const { enter, settle } = cluster(2);
    const [first, second] = [new FakeSession("s1", 5), new FakeSession("s9", 4)];
    await enter(0, first);
    settle();
    await enter(1, second);
    settle();
    expect([first.closed, second.closed]).toEqual([null, CLOSE.replaced]);
  });

  it("lets the last to arrive stay where there are no attempts, whichever id it has", async () => {
    for (const [early, late] of [
      ["s1", "s9"],
      ["s9", "s1"],
    ] as const) {
      const { enter, settle } = cluster(2);
      const [first, second] = [new FakeSession(early, null), new FakeSession(late, null)];
      await enter(0, first);
      settle();
      await enter(1, second);
      settle();
      expect([first.closed, second.closed]).toEqual([CLOSE.replaced, null]);
    }
  });

  it("keeps exactly one of two that cross, whatever arrives when, twice or never both go", async () => {
    const attempts = fc.option(fc.integer({ min: 1, max: 2 }), { nil: null });
    const steps = fc.array(fc.tuple(fc.nat(), fc.constantFrom("arrives", "arrives", "twice", "lost")), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(attempts, attempts, fc.boolean(), steps, async (one, two, swapped, luck) => {
        const { wires, enter, arrive, settle } = cluster(2);
        const [first, second] = [
          new FakeSession(swapped ? "s9" : "s1", one),
          new FakeSession(swapped ? "s1" : "s9", two),
        ];
        await enter(0, first);
        await enter(1, second);
        let lost = false;
        for (const [at, what] of luck) {
          if (wires.length === 0) break;
          const index = at % wires.length;
          const wire = wires[index];
          if (what === "lost") {
            wires.splice(index, 1);
            lost = true;
          } else arrive(index);
          if (what === "twice" && wire !== undefined) wires.push(wire);
        }
        settle();
        const staying = [first, second].filter(({ live }) => live).length;
        expect(staying).toBeGreaterThanOrEqual(1);
        if (!lost) expect(staying).toBe(1);
      }),
      { numRuns: 2_000 },
    );
  });
});
