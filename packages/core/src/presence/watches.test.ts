import { describe, expect, it } from "vitest";
import { FIXED_LIMITS } from "../fixed-limits.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { Watches } from "./watches.ts";

interface Watcher {
  readonly id: string;
  readonly user: string;
}

/** The same, slowly: every ground of every watch in one list. */
class Naive {
  all: { watcher: Watcher; c: string; user: string }[] = [];

  add(watcher: Watcher, c: string, user: string): boolean {
    if (this.all.some((one) => one.watcher === watcher && one.c === c && one.user === user)) return false;
    this.all.push({ watcher, c, user });
    return true;
  }

  keep(wanted: (one: Naive["all"][number]) => boolean): void {
    this.all = this.all.filter(wanted);
  }
}

const USERS = ["alice", "bob", "carol", "__proto__"];
const CONVERSATIONS = ["c1", "c2", "constructor"];
const WATCHERS: readonly Watcher[] = ["alice", "alice", "bob", "dave"].map((user, n) => ({ id: `w${n}`, user }));

describe("Watches", () => {
  it.each([1, 2, 3, 4, 5])("are what a plain list of them is: seed %i", (seed) => {
    const random = new SeededRandom(seed);
    const pick = <T>(from: readonly T[]): T => from[random.below(from.length)] as T;
    const [watches, naive] = [new Watches<Watcher>(), new Naive()];
    for (let step = 0; step < 2_000; step++) {
      const [watcher, c, user, other] = [pick(WATCHERS), pick(CONVERSATIONS), pick(USERS), pick(USERS)];
      const luck = random.float();
      if (luck < 0.6) {
        expect(watches.add(watcher, c, user)).toBe(naive.add(watcher, c, user));
      } else if (luck < 0.75) {
        watches.drop(watcher, c, user);
        naive.keep((one) => one.watcher !== watcher || one.c !== c || one.user !== user);
      } else if (luck < 0.8) {
        watches.end(watcher);
        naive.keep((one) => one.watcher !== watcher);
      } else if (luck < 0.85) {
        watches.end(watcher, [user, "unknown"]);
        naive.keep((one) => one.watcher !== watcher || one.user !== user);
      } else if (luck < 0.9) {
        watches.left(c, [user, other]);
        const gone = [user, other];
        naive.keep((one) => one.c !== c || !(gone.includes(one.user) || gone.includes(one.watcher.user)));
      } else if (luck < 0.95) {
        watches.gone(c);
        naive.keep((one) => one.c !== c);
      } else {
        watches.part(user, other);
        const apart = (one: Naive["all"][number]) =>
          (one.user === user && one.watcher.user === other) || (one.user === other && one.watcher.user === user);
        naive.keep((one) => !apart(one));
      }
      expect(watches.watchers).toBe(new Set(naive.all.map((one) => one.watcher)).size);
      expect(watches.watched).toBe(new Set(naive.all.map((one) => one.user)).size);
      expect(watches.grounds).toBe(new Set(naive.all.map((one) => one.c)).size);
      const own = naive.all.filter((one) => one.watcher === watcher);
      expect(watches.countOf(watcher)).toBe(new Set(own.map((one) => one.user)).size);
      expect([...(watches.get(watcher, user)?.grounds ?? [])]).toEqual(
        own.filter((one) => one.user === user).map((one) => one.c),
      );
      const by = new Set(naive.all.filter((one) => one.user === user).map((one) => one.watcher));
      expect(new Set([...watches.of(user)].map(([one]) => one))).toEqual(by);
      expect(watches.has(user)).toBe(by.size > 0);
    }
  });

  it("S45: forgets the earliest grounds over the bound", () => {
    const watches = new Watches<Watcher>();
    const [watcher] = WATCHERS as [Watcher];
    for (let n = 0; n < FIXED_LIMITS.groundsPerWatchMax + 3; n++) watches.add(watcher, `c${n}`, "bob");
    watches.trim(watcher, "bob");
    watches.trim(watcher, "unknown");
    expect([...(watches.get(watcher, "bob")?.grounds ?? [])]).toEqual(
      Array.from({ length: FIXED_LIMITS.groundsPerWatchMax }, (_, n) => `c${n + 3}`),
    );
    expect(watches.grounds).toBe(FIXED_LIMITS.groundsPerWatchMax);
  });
});
