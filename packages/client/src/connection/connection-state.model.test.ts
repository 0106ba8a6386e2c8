import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  CONNECTION_TRANSITIONS,
  type ConnectionAction,
  type ConnectionEvent,
  type ConnectionState,
  isServed,
} from "./connection-state.ts";

/** What the machine's acts have made of the world; nothing of the machine's own states stands here. */
class World {
  state: ConnectionState = "idle";
  /** The one transport that there may be. */
  link: "none" | "opening" | "silent" | "greeted" | "welcomed" = "none";
  waits = false;
  drains = false;
  /** The network came back while an attempt was under way. */
  hurried = false;
  /** Somebody needs a connection, and no verdict has ended it. */
  wanted = false;

  /** What the world can bring about now. */
  get possible(): readonly ConnectionEvent[] {
    return [
      ...(this.link === "opening" ? (["open"] as const) : []),
      ...(this.link === "greeted" || this.link === "welcomed" ? (["welcome"] as const) : []),
      ...(this.link === "welcomed" && !this.drains ? (["drain"] as const) : []),
      ...(this.drains ? (["move"] as const) : []),
      ...(this.link === "none" ? [] : (["lost", "refused"] as const)),
      ...(this.waits ? (["due"] as const) : []),
      ...(["want", "hurry", "revive", "close"] as const),
    ];
  }

  run(event: ConnectionEvent): void {
    const real = this.possible.includes(event);
    const outcome = CONNECTION_TRANSITIONS[this.state][event];
    if (event === "want" && this.state === "idle") this.wanted = true;
    if (event === "revive") this.wanted = true;
    if (event === "close" || (event === "refused" && outcome !== null)) this.wanted = false;
    // what the world brings about is never passed over; what came late, and is so no longer, does no harm
    const heeded = ["open", "welcome", "drain", "move", "lost", "refused", "due"].includes(event);
    const hastens = event === "hurry" && (this.link !== "none" || this.waits);
    if ((real && heeded) || hastens) expect([this.state, event, outcome]).not.toEqual([this.state, event, null]);
    if (outcome === null) return;
    this.state = outcome.to;
    const underWay = this.link === "opening" || this.link === "greeted";
    this.#act(outcome.act, event);
    // until the attempt has come to something it is not forgotten that the network came back
    if (event === "hurry") expect([this.state, this.hurried]).toEqual([this.state, underWay || this.hurried]);
    this.#check();
  }

  #act(act: ConnectionAction, event: ConnectionEvent): void {
    switch (act) {
      case "open":
        // the one before is given up; only a drain has one that is still served
        if (this.link !== "none") expect(event).toBe("move");
        Object.assign(this, { link: "opening", waits: false, drains: false, hurried: false });
        break;
      case "greet":
        expect(this.link).toBe("opening");
        this.link = "greeted";
        break;
      case "admit":
        expect(["greeted", "welcomed"]).toContain(this.link);
        Object.assign(this, { link: "welcomed", drains: false });
        break;
      case "prepare":
        expect([this.link, this.drains]).toEqual(["welcomed", false]);
        this.drains = true;
        break;
      case "check":
        expect(this.link).toBe("welcomed");
        break;
      case "remember":
        expect(["opening", "greeted"]).toContain(this.link);
        this.hurried = true;
        break;
      case "hasten":
        expect(this.waits).toBe(true);
        break;
      case "wait":
        expect([this.link, this.waits]).not.toEqual(["none", true]);
        Object.assign(this, { link: "none", waits: true, drains: false });
        break;
      case "stop":
        Object.assign(this, { link: "none", waits: false, drains: false });
    }
  }

  #check(): void {
    const { state, link, waits, drains } = this;
    expect([state, isServed(state)]).toEqual([state, link === "welcomed"]);
    expect([state, link === "none"]).toEqual([state, ["idle", "waiting", "closed"].includes(state)]);
    expect([state, waits]).toEqual([state, state === "waiting"]);
    expect([state, drains]).toEqual([state, state === "draining"]);
    if (state === "closed") expect(this.wanted).toBe(false);
    if (this.wanted) expect(["idle", "closed"]).not.toContain(state);
  }
}

const EVENTS = Object.keys(CONNECTION_TRANSITIONS.idle) as ConnectionEvent[];

describe("CONNECTION_TRANSITIONS, run against a world that can bring about only some things", () => {
  it("I24, I25: one transport or one timer at most; whatever came, who wants a connection has one as soon as the world lets them", {
    timeout: 60_000,
  }, () => {
    // most of what happens is possible; some is late, or of an attempt that was given up
    const step = fc.record({
      late: fc.nat(5).map((chance) => chance === 0),
      event: fc.constantFrom(...EVENTS),
      at: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const world = new World();
        for (const { late, event, at } of steps) {
          // an end by the application is one possibility among many, or no run would come far
          const possible = world.possible.filter((each) => at === 20 || (each !== "close" && each !== "refused"));
          // of an attempt that was given up nothing is heard: what comes late is what was asked for twice, or a timer's
          const lateOnes: readonly ConnectionEvent[] = [
            ...(["want", "due", "move", "hurry"] as const),
            ...(world.link === "none" ? (["lost"] as const) : []),
          ];
          world.run((late && lateOnes.includes(event) ? event : possible[at % possible.length]) ?? "want");
        }
        if (!world.wanted) {
          expect(["idle", "closed"]).toContain(world.state);
          world.run("revive");
        }
        for (let moves = 0; world.link !== "welcomed"; moves++) {
          expect(moves).toBeLessThan(4);
          world.run(world.waits ? "due" : world.link === "opening" ? "open" : "welcome");
        }
        expect(isServed(world.state)).toBe(true);
      }),
      { numRuns: 120 },
    );
  });
});
