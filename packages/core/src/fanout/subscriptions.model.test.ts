import { isChatError } from "@earshot/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type HeldEvents, type Subscription, Subscriptions } from "./subscriptions.ts";

const LIMITS = { subscriptionsMax: 2, subscribingEventsMax: 3 };
const CONVERSATIONS = ["c1", "c2", "c3"] as const;
const SESSIONS = [{ user: "alice" }, { user: "alice" }, { user: "bob" }] as const;

type Session = (typeof SESSIONS)[number];
type Real = Subscriptions<Session, HeldEvents>;
type Opened = Subscription<Session, HeldEvents>;

/** One session's wish to hear of one conversation, told in plain words. */
interface Wish {
  readonly session: Session;
  readonly c: string;
  stands: boolean;
  /** Calls of `open` that have no answer of the store yet. */
  asked: number;
  /** What came while nobody knew whether they may hear it; `unasked`: they are to have it in any case, once. */
  waiting: { readonly seq: number; readonly unasked: boolean }[];
  lost: boolean;
  removedAt: number;
}

type Step =
  | { readonly do: "open" | "end"; readonly session: number; readonly c: string }
  | { readonly do: "leave"; readonly session: number }
  | { readonly do: "event"; readonly c: string; readonly unasked: boolean }
  | { readonly do: "gone"; readonly c: string }
  | { readonly do: "remove"; readonly user: "alice" | "bob"; readonly c: string }
  /** The store has answered for one that asked; as of how many events ago; or it could not say. */
  | { readonly do: "answer"; readonly at: number; readonly back: number; readonly may: boolean };

class World {
  readonly real: Real = new Subscriptions<Session, HeldEvents>(LIMITS);
  wishes: Wish[] = [];
  asked: { readonly wish: Wish; readonly opened: Opened }[] = [];
  readonly heads = new Map<string, number>(CONVERSATIONS.map((c) => [c, 0]));

  run(step: Step): void {
    if (step.do === "open") this.#open(SESSIONS[step.session] as Session, step.c);
    else if (step.do === "answer") this.#answer(step.at, step.back, step.may);
    else if (step.do === "event") this.#event(step.c, step.unasked);
    else if (step.do === "remove") this.#remove(step.user, step.c);
    else if (step.do === "leave") {
      this.real.leave(SESSIONS[step.session] as Session);
      this.#drop(({ session }) => session === SESSIONS[step.session]);
    } else if (step.do === "gone") {
      this.real.gone(step.c);
      this.#drop(({ c }) => c === step.c);
    } else {
      const session = SESSIONS[step.session] as Session;
      const wish = this.#wishOf(session, step.c);
      expect(seqsOf(this.real.end(session, step.c))).toEqual(unaskedOf(wish));
      this.#drop((each) => each === wish);
    }
    this.#check();
  }

  #wishOf(session: Session, c: string): Wish | undefined {
    return this.wishes.find((wish) => wish.session === session && wish.c === c);
  }

  #open(session: Session, c: string): void {
    const known = this.#wishOf(session, c);
    const room = this.wishes.filter((wish) => wish.session === session).length < LIMITS.subscriptionsMax;
    try {
      const opened = this.real.open(session, c);
      expect(known !== undefined || room).toBe(true);
      const wish = known ?? { session, c, stands: false, asked: 0, waiting: [], lost: false, removedAt: 0 };
      if (known === undefined) this.wishes.push(wish);
      wish.asked++;
      this.asked.push({ wish, opened });
    } catch (error) {
      if (!isChatError(error)) throw error;
      expect([error.code, known, room]).toEqual(["too_large", undefined, false]);
    }
  }

  #answer(at: number, back: number, may: boolean): void {
    const [asked] = this.asked.splice(at % Math.max(1, this.asked.length), 1);
    if (asked === undefined) return;
    const { wish, opened } = asked;
    wish.asked--;
    const isThere = this.wishes.includes(wish);
    if (!may) {
      const isOver = isThere && !wish.stands && wish.asked === 0;
      expect(seqsOf(this.real.abandon(opened))).toEqual(isOver ? unaskedOf(wish) : []);
      if (isOver) this.#drop((each) => each === wish);
      return;
    }
    const head = Math.max(0, (this.heads.get(wish.c) ?? 0) - back);
    const missed = this.real.activate(opened, { epoch: "e1", head });
    const given = missed.held.map(({ events: { events }, unasked }) => ({ seq: events[0]?.row.seq, unasked }));
    expect([missed.lost, given]).toEqual(isThere ? [wish.lost, wish.waiting] : [false, []]);
    // a removal that the store had not seen yet when it answered
    const stands = isThere && wish.removedAt <= head;
    expect(missed.stands).toBe(stands);
    if (stands) Object.assign(wish, { stands: true, waiting: [], lost: false });
    else this.#drop((each) => each === wish);
  }

  /** As the fan-out does it: who stands gets it, for who does not yet it is held. */
  #event(c: string, unasked: boolean): void {
    const seq = (this.heads.get(c) ?? 0) + 1;
    this.heads.set(c, seq);
    const got = new Set<Session>();
    for (const [session, subscription] of this.real.of(c)?.sessions ?? []) {
      if (subscription.active) got.add(session);
      else {
        const now = this.real.hold(subscription, { epoch: "e1", events: [{ row: { seq } }] }, unasked);
        expect(seqsOf(now)).toEqual(this.#held(this.#wishOf(session, c) as Wish, { seq, unasked }));
      }
    }
    const there = this.wishes.filter((wish) => wish.c === c && wish.stands);
    expect(got).toEqual(new Set(there.map(({ session }) => session)));
  }

  /** One more for who does not know yet; answers what they are to have now, since it is too much to keep. */
  #held(wish: Wish, event: Wish["waiting"][number]): readonly number[] {
    if (!wish.lost) {
      wish.waiting.push(event);
      if (wish.waiting.length <= LIMITS.subscribingEventsMax) return [];
    } else wish.waiting = [event];
    const now = unaskedOf(wish);
    Object.assign(wish, { waiting: [], lost: true });
    return now;
  }

  #remove(user: string, c: string): void {
    const seq = (this.heads.get(c) ?? 0) + 1;
    this.#event(c, false);
    for (const session of SESSIONS.filter((each) => each.user === user)) {
      const wish = this.#wishOf(session, c);
      expect(seqsOf(this.real.removed(c, session, seq))).toEqual(unaskedOf(wish));
      if (wish?.stands) this.#drop((each) => each === wish);
      else if (wish !== undefined) Object.assign(wish, { removedAt: seq, waiting: [] });
    }
  }

  #drop(which: (wish: Wish) => boolean): void {
    this.wishes = this.wishes.filter((wish) => !which(wish));
  }

  #check(): void {
    const { real, wishes } = this;
    expect(real.size).toBe(wishes.length);
    for (const c of CONVERSATIONS) {
      const there = wishes.filter((wish) => wish.c === c);
      const sessions = [...(real.of(c)?.sessions ?? [])].map(([session, { active }]) => [session, active] as const);
      expect(new Map(sessions)).toEqual(new Map(there.map(({ session, stands }) => [session, stands])));
      if (there.length === 0) expect(real.of(c)).toBe(undefined);
    }
    for (const session of SESSIONS) {
      expect(real.countOf(session)).toBe(wishes.filter((wish) => wish.session === session).length);
    }
  }
}

function seqsOf(given: readonly HeldEvents[]): readonly number[] {
  return given.flatMap(({ events }) => events.map(({ row }) => row.seq));
}

function unaskedOf(wish: Wish | undefined): readonly number[] {
  return wish?.waiting.filter(({ unasked }) => unasked).map(({ seq }) => seq) ?? [];
}

describe("Subscriptions, as a list of wishes", () => {
  it("I17, I25: nobody hears of what came before they might, or after their removal; nothing stays of who left", {
    timeout: 60_000,
  }, () => {
    const c = fc.constantFrom(...CONVERSATIONS);
    const session = fc.nat(SESSIONS.length - 1);
    const step: fc.Arbitrary<Step> = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("open"), session, c }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("end"), session, c }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("leave"), session }) },
      { weight: 12, arbitrary: fc.record({ do: fc.constant("event"), c, unasked: fc.boolean() }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("gone"), c }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("remove"), user: fc.constantFrom("alice", "bob"), c }) },
      {
        weight: 6,
        arbitrary: fc.record({
          ...{ do: fc.constant("answer" as const), at: fc.nat(5), back: fc.constantFrom(0, 0, 1, 2) },
          may: fc.nat(4).map((chance) => chance > 0),
        }),
      },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60, size: "max" }), (steps) => {
        const world = new World();
        for (const each of steps) world.run(each);
      }),
      { numRuns: 60 },
    );
  });
});
