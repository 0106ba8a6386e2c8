import { type Changes, LiveCell } from "./changes.ts";
import type { Live } from "./live.ts";

/** Where values come from, and who is told of interest in them. */
export interface CellSource<T> {
  /** The value as it stands: the same object until it changes, frozen. */
  value(key: string): T;
  /** The first listener of a key came (true), or its last one left (false). */
  watched?(key: string, on: boolean): void;
}

/**
 * Live values under keys. A cell costs nothing until it has a listener, so as many may be made as
 * anybody asks for; none is kept here without one.
 */
export class KeyedCells<T> {
  readonly #changes: Changes;
  readonly #source: CellSource<T>;
  readonly #watched = new Map<string, Set<LiveCell<T>>>();

  constructor(changes: Changes, source: CellSource<T>) {
    this.#changes = changes;
    this.#source = source;
  }

  /** Keys that have listeners. */
  get keys(): Iterable<string> {
    return this.#watched.keys();
  }

  of(key: string): Live<T> {
    const source = this.#source;
    return new SourceCell(
      this.#changes,
      () => source.value(key),
      (cell, on) => this.#watch(key, cell, on),
    );
  }

  /** The value under this key, or under every one, is another now. */
  touch(key?: string): void {
    const touched = key === undefined ? [...this.#watched.values()] : [this.#watched.get(key) ?? []];
    for (const cells of touched) for (const cell of cells) cell.touch();
  }

  #watch(key: string, cell: LiveCell<T>, on: boolean): void {
    const cells = this.#watched.get(key) ?? new Set();
    const before = cells.size;
    if (on) this.#watched.set(key, cells.add(cell));
    else if (cells.delete(cell) && cells.size === 0) this.#watched.delete(key);
    if ((before === 0) !== (cells.size === 0)) this.#source.watched?.(key, on);
  }
}

/** Keeps no value of its own, so that nobody need tell it of changes while it has no listener. */
class SourceCell<T> extends LiveCell<T> {
  readonly #source: () => T;
  readonly #watch: (cell: LiveCell<T>, on: boolean) => void;
  /** What the listeners know. */
  #told: T | undefined;

  constructor(changes: Changes, source: () => T, watch: (cell: LiveCell<T>, on: boolean) => void) {
    super(changes);
    this.#source = source;
    this.#watch = watch;
  }

  override get current(): T {
    return this.#source();
  }

  override tell(): void {
    const now = this.#source();
    if (now === this.#told) return;
    this.#told = now;
    super.tell();
  }

  protected compose(): T {
    return this.#source();
  }

  protected override watched(on: boolean): void {
    this.#told = this.#source();
    this.#watch(this, on);
  }
}
