/**
 * Heights of a long list's rows, measured or guessed, and where each row begins. A Fenwick tree: telling a
 * row's place, finding the row at a place and changing one height take as many steps as the list has binary
 * digits. Pure.
 */
export class RowHeights {
  readonly #guess: number;
  #heights: number[] = [];
  /** `#sums[i]` holds the sum of the `i & -i` heights up to and with row `i - 1`. */
  #sums: number[] = [0];

  /** `guess`: px of a row that was never measured. */
  constructor(guess: number) {
    this.#guess = guess;
  }

  get rows(): number {
    return this.#heights.length;
  }

  /** All rows together, in px. */
  get total(): number {
    return this.top(this.rows);
  }

  height(row: number): number {
    return this.#heights[row] ?? this.#guess;
  }

  /** Begins anew; `heightOf` gives what is known of a row, undefined where nothing is. */
  reset(rows: number, heightOf: (row: number) => number | undefined): void {
    this.#heights = Array.from({ length: rows }, (_, row) => heightOf(row) ?? this.#guess);
    this.#sums = [0, ...this.#heights];
    for (let at = 1; at <= rows; at++) {
      const above = at + (at & -at);
      if (above <= rows) this.#sums[above] = (this.#sums[above] ?? 0) + (this.#sums[at] ?? 0);
    }
  }

  /** One more row at the end. */
  push(height: number = this.#guess): void {
    this.#heights.push(height);
    const at = this.rows;
    this.#sums.push(height + this.top(at - 1) - this.top(at - (at & -at)));
  }

  /** Lets go of all rows from this one on. */
  truncate(rows: number): void {
    this.#heights.length = Math.min(rows, this.rows);
    this.#sums.length = this.rows + 1;
  }

  /** Sets one row's height; false: it was that already. */
  set(row: number, height: number): boolean {
    const change = height - (this.#heights[row] ?? height);
    if (change === 0) return false;
    this.#heights[row] = height;
    for (let at = row + 1; at <= this.rows; at += at & -at) this.#sums[at] = (this.#sums[at] ?? 0) + change;
    return true;
  }

  /** Where a row begins, in px from the first; of the row after the last: where the list ends. */
  top(row: number): number {
    let sum = 0;
    for (let at = Math.min(row, this.rows); at > 0; at -= at & -at) sum += this.#sums[at] ?? 0;
    return sum;
  }

  /** The row at a place, in px from the first; the first or last one beyond the ends. */
  at(px: number): number {
    let row = 0;
    let left = px;
    let step = 1;
    while (step * 2 <= this.rows) step *= 2;
    for (; step > 0; step = Math.floor(step / 2)) {
      const next = row + step;
      const sum = this.#sums[next];
      if (next > this.rows || sum === undefined || sum > left) continue;
      row = next;
      left -= sum;
    }
    return Math.max(0, Math.min(row, this.rows - 1));
  }
}
