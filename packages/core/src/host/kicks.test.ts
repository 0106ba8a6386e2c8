import { ChatError, CLOSE } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ManualClock } from "../testing/manual-clock.ts";
import { Kicks } from "./kicks.ts";

const WITHIN_MS = 5_000;

interface There {
  readonly session: string;
  readonly node: string;
}

/** One node's kicks; `there`: what the registry has of other nodes, at each look. */
function scene(there: () => readonly There[] | "fails" | "closed" | "never") {
  const clock = new ManualClock();
  const ended: (readonly [string, number])[] = [];
  const here = ["s1", "s2"].map((id) => ({ id, end: ({ code }: { code: number }) => ended.push([id, code]) }));
  const told: { readonly at: number; readonly sessions: readonly string[] | null }[] = [];
  const kicks = new Kicks({
    clock,
    limits: { kickWithinMs: WITHIN_MS },
    sessionsOf: (user) => (user === "alice" ? here : []),
    elsewhere: async () => {
      const found = there();
      if (found === "never") return new Promise(() => {});
      if (typeof found === "string") throw new ChatError(found === "closed" ? "closed" : "unavailable", "no");
      return found;
    },
    tellNodes: (topics, { sessions }) => {
      expect(topics).toEqual(["u:alice"]);
      told.push({ at: clock.monotonic(), sessions });
    },
  });
  /** What becomes of a kick, and when. */
  const kick = async () => {
    let outcome: unknown = "waits";
    void kicks.kick("alice").then(
      () => {
        outcome = clock.monotonic();
      },
      (error: unknown) => {
        outcome = error;
      },
    );
    await clock.advance(WITHIN_MS + 100);
    return outcome;
  };
  return { clock, kicks, ended, told, kick };
}

describe("Kicks", () => {
  it("ends the sessions here, tells the others once, and is done at once where the registry knows of none", async () => {
    const { kick, ended, told, clock } = scene(() => []);
    expect(await kick()).toBe(0);
    expect(ended).toEqual([
      ["s1", CLOSE.forbidden.code],
      ["s2", CLOSE.forbidden.code],
    ]);
    expect(told).toEqual([{ at: 0, sessions: null }]);
    expect(clock.pending).toBe(0);
  });

  it("waits until those are gone that were known first, and tells them again every second; who came later stays", async () => {
    let looks = 0;
    const old = { session: "s3", node: "n2" };
    const { kick, told, clock } = scene(() => {
      looks++;
      if (looks === 1) return [old];
      return clock.monotonic() < 2_500 ? [old, { session: "s4", node: "n3" }] : [{ session: "s4", node: "n3" }];
    });
    const at = await kick();
    expect(at).toBeGreaterThanOrEqual(2_500);
    expect(at).toBeLessThan(3_100);
    expect(told.map(({ sessions }) => sessions)).toEqual([null, ["s3"], ["s3"]]);
    for (const [index, { at: toldAt }] of told.entries()) expect(toldAt - 1_000 * index).toBeLessThan(1_000);
    expect(looks).toBeLessThan(15);
  });

  it("rejects with `unavailable` when they do not go in time, and names the nodes", async () => {
    const { kick, clock } = scene(() => [
      { session: "s3", node: "n3" },
      { session: "s4", node: "n2" },
      { session: "s5", node: "n3" },
    ]);
    const error = (await kick()) as ChatError;
    expect(error).toMatchObject({ code: "unavailable", details: { nodes: ["n2", "n3"] }, retryAfterMs: 1_000 });
    expect(error.message).toContain("n2, n3");
    expect(error.message).not.toContain("alice");
    expect(clock.pending).toBe(0);
  });

  it.each(["fails", "never"] as const)(
    "rejects with `unavailable` where the registry %s, and tells all the same",
    async (how) => {
      const { kick, told, ended, clock } = scene(() => how);
      expect(await kick()).toMatchObject({ code: "unavailable", details: { nodes: [] } });
      expect(ended).toHaveLength(2);
      expect(told[0]).toEqual({ at: 0, sessions: null });
      expect(clock.pending).toBe(0);
    },
  );

  it("ends with the engine", async () => {
    const { kick, clock } = scene(() => "closed");
    expect(await kick()).toMatchObject({ code: "closed" });
    expect(clock.pending).toBe(0);
  });

  it("ends what another node names, and no other", async () => {
    const { kicks, ended } = scene(() => []);
    kicks.heard({ kind: "kick", user: "bob", sessions: null });
    kicks.heard({ kind: "kick", user: "alice", sessions: ["s2", "s9"] });
    expect(ended).toEqual([["s2", CLOSE.forbidden.code]]);
    kicks.heard({ kind: "kick", user: "alice", sessions: null });
    expect(ended).toHaveLength(3);
  });
});
