import type { LockTurn, TabChannel, Tabs } from "../ports/tabs.ts";

interface Wish {
  readonly tab: FakeTab;
  readonly turn: LockTurn;
}

interface Ear {
  readonly tab: FakeTab;
  readonly name: string;
  readonly heard: (note: unknown) => void;
}

/** What a browser has between its tabs: locks and channels, without a browser. */
export class FakeTabs {
  /** By name: who holds it, then who waits. */
  readonly #lines = new Map<string, Wish[]>();
  readonly #ears = new Set<Ear>();

  /** One more tab. */
  open(): FakeTab {
    return new FakeTab(this);
  }

  /** The tab that holds a lock whose name begins so; null if none does. */
  holder(name: string): FakeTab | null {
    for (const [each, line] of this.#lines) if (each.startsWith(name)) return line[0]?.tab ?? null;
    return null;
  }

  /** Locks held or waited for, and channels open: what a leak test counts. */
  get inUse(): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + line.length, this.#ears.size);
  }

  /** @internal */
  enter(name: string, wish: Wish, take: boolean): void {
    const line = this.#lines.get(name) ?? [];
    this.#lines.set(name, line);
    const [former] = line;
    if (take) line.splice(0, former === undefined ? 0 : 1, wish);
    else line.push(wish);
    if (take && former !== undefined) former.tab.later(() => former.turn.lost());
    if (line[0] === wish) wish.tab.later(() => line[0] === wish && wish.turn.held());
  }

  /** @internal */
  leave(name: string, wish: Wish): void {
    const line = this.#lines.get(name) ?? [];
    const [former] = line;
    this.#lines.set(
      name,
      line.filter((each) => each !== wish),
    );
    const next = this.#lines.get(name) ?? [];
    const [first] = next;
    if (former === wish && first !== undefined) {
      first.tab.later(() => this.#lines.get(name)?.[0] === first && first.turn.held());
    }
  }

  /** @internal */
  listen(ear: Ear): void {
    this.#ears.add(ear);
  }

  /** @internal */
  unlisten(ear: Ear): void {
    this.#ears.delete(ear);
  }

  /** @internal */
  post(from: Ear, note: object): void {
    for (const ear of this.#ears) {
      if (ear === from || ear.name !== from.name) continue;
      const copy = structuredClone(note);
      ear.tab.later(() => this.#ears.has(ear) && ear.heard(copy));
    }
  }

  /** @internal */
  gone(tab: FakeTab): void {
    for (const ear of [...this.#ears]) if (ear.tab === tab) this.#ears.delete(ear);
    for (const [name, line] of [...this.#lines]) {
      for (const wish of line.filter((each) => each.tab === tab)) this.leave(name, wish);
    }
  }
}

/** One tab, as a client's `storage.tabs`. */
export class FakeTab implements Tabs {
  readonly #tabs: FakeTabs;
  #stage: "running" | "frozen" | "crashed" = "running";
  readonly #missed: (() => void)[] = [];

  constructor(tabs: FakeTabs) {
    this.#tabs = tabs;
  }

  lock(name: string, turn: LockTurn, take = false): () => void {
    let over = false;
    const ifWanted = (call: () => void) => () => {
      if (!over) call();
    };
    const wish = { tab: this, turn: { held: ifWanted(() => turn.held()), lost: ifWanted(() => turn.lost()) } };
    this.#tabs.enter(name, wish, take);
    return () => {
      over = true;
      this.#tabs.leave(name, wish);
    };
  }

  channel(name: string, heard: (note: unknown) => void): TabChannel {
    const ear = { tab: this, name, heard };
    this.#tabs.listen(ear);
    return {
      post: (note) => this.#stage === "running" && this.#tabs.post(ear, note),
      close: () => this.#tabs.unlisten(ear),
    };
  }

  /** It ends without a word: its locks pass on. */
  crash(): void {
    this.#stage = "crashed";
    this.#tabs.gone(this);
  }

  /** It stands still, and keeps its locks; what it is told it hears when it thaws. */
  freeze(): void {
    this.#stage = "frozen";
  }

  thaw(): void {
    this.#stage = "running";
    for (const call of this.#missed.splice(0)) this.later(call);
  }

  /** @internal */
  later(call: () => void): void {
    void Promise.resolve().then(() => {
      if (this.#stage === "running") call();
      else if (this.#stage === "frozen") this.#missed.push(call);
    });
  }
}
