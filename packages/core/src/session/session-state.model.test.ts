import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type SessionEvent, type SessionState, sessionStep } from "./session-state.ts";

const EVENTS: readonly SessionEvent[] = [
  ...(["text", "binary", "welcomed", "unspoken", "silent", "expired", "bye", "drain", "end", "lost"] as const),
];

/** What has happened to a session, as somebody who watches it would say it; the machine's states do not stand here. */
class Life {
  spoken = false;
  welcomed = false;
  leaving = false;
  over = false;
  /** Texts that came while `hello` was looked at: they are taken right after the welcome. */
  kept = 0;

  /** What the protocol (3 to 8) has a session do: the act, or the close it ends with. */
  hear(event: SessionEvent): string {
    if (this.over) return "nothing";
    const served = this.welcomed;
    const end = (how: string): string => {
      this.over = true;
      return how;
    };
    if (event === "lost") return end("leave");
    if (event === "binary") return end("close malformed");
    if (event === "end") return end("close given");
    if (event === "bye") return end("close normal");
    // nobody new comes in; who is in is served on
    if (event === "drain") {
      this.leaving = true;
      return served ? "nothing" : end("close draining");
    }
    if (event === "expired") return served ? end("close expired") : "nothing";
    if (event === "unspoken") return this.spoken ? "nothing" : end("close noHello");
    // while a host looks at `hello`, its time is not the client's
    if (event === "silent") return this.spoken && !served ? "nothing" : end("close silent");
    if (event === "welcomed") {
      if (!this.spoken || served) return "nothing";
      this.welcomed = true;
      return "welcome";
    }
    if (served) return "take";
    if (this.spoken) {
      this.kept++;
      return "keep";
    }
    this.spoken = true;
    return "greet";
  }

  get state(): SessionState {
    if (this.over) return "closed";
    if (this.welcomed) return this.leaving ? "draining" : "live";
    return this.spoken ? "greeting" : "opening";
  }
}

describe("sessionStep, as the life of a session told in words", () => {
  it("I21, I22, I25: whatever comes in whatever order, does what the protocol says, and ends once", {
    timeout: 60_000,
  }, () => {
    // Lives that get far are the interesting ones: most begin with a hello that is found good.
    const begun = fc.constantFrom<readonly SessionEvent[]>([], ["text"], ["text", "welcomed"], ["text", "welcomed"]);
    const gentle = fc.constantFrom<SessionEvent>("text", "welcomed", "drain", "unspoken", "text");
    const event = fc.oneof({ weight: 3, arbitrary: gentle }, { weight: 1, arbitrary: fc.constantFrom(...EVENTS) });
    fc.assert(
      fc.property(begun, fc.array(event, { maxLength: 25, size: "max" }), (first, rest) => {
        const life = new Life();
        let state: SessionState = "opening";
        let ends = 0;
        for (const each of [...first, ...rest]) {
          const { to, act } = sessionStep(state, each);
          const did = act.do === "close" ? `close ${act.with}` : act.do;
          expect([each, did]).toEqual([each, life.hear(each)]);
          expect(to).toBe(life.state);
          if (act.do === "close" || act.do === "leave") ends++;
          state = to;
        }
        expect(ends).toBe(life.over ? 1 : 0);
      }),
      { numRuns: 200 },
    );
  });
});
