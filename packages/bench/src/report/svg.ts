export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Whether it is Earshot's: those stand out. */
  readonly own: boolean;
}

export interface Series {
  readonly name: string;
  /** Ascending by x, which is above 0. */
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly own: boolean;
}

const WIDTH = 720;
const LEFT = 190;
const RIGHT = 90;
const TOP = 44;
const BAR = 18;
const ROW = 26;
const PLOT_HEIGHT = 240;
const LABEL_APART = 15;
const COLOURS = ["#8d6e63", "#f08c00", "#2f9e44", "#ae3ec9", "#868e96", "#e03131"];

/** Read on light pages and dark ones. */
const STYLE =
  "<style>text{font:13px system-ui,sans-serif;fill:#24292f}.title{font-weight:600;font-size:15px}.faint{fill:#57606a}" +
  ".axis{stroke:#d0d7de}.own{fill:#1971c2}.other{fill:#adb5bd}.line{fill:none;stroke-width:2}.line.own{stroke:#1971c2;fill:none;stroke-width:3}" +
  "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.faint{fill:#9198a1}.axis{stroke:#3d444d}.own{fill:#4dabf7}.other{fill:#6e7681}.line.own{stroke:#4dabf7}}</style>";

/** Horizontal bars from 0, in the order given, each with its value. */
export function barChart({
  title,
  unit,
  bars,
}: {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
}): string {
  const most = Math.max(...bars.map(({ value }) => value), Number.MIN_VALUE);
  const wide = WIDTH - LEFT - RIGHT;
  const rows = bars.map(({ label, value, own }, index) => {
    const y = TOP + index * ROW;
    const width = Math.max(1, (value / most) * wide);
    return (
      text(LEFT - 8, y + 13, label, "end") +
      `<rect class="${own ? "own" : "other"}" x="${LEFT}" y="${y}" width="${at(width)}" height="${BAR}" rx="2"/>` +
      text(LEFT + width + 6, y + 13, short(value), "start")
    );
  });
  return image(TOP + bars.length * ROW + 8, title, `${title}, in ${unit}`, [heading(title, unit), ...rows]);
}

/** Lines over a logarithmic x; y begins at 0, so that what is flat looks flat. */
export function lineChart({
  title,
  xLabel,
  unit,
  series,
}: {
  readonly title: string;
  readonly xLabel: string;
  readonly unit: string;
  readonly series: readonly Series[];
}): string {
  const points = series.flatMap((one) => one.points);
  const xs = [...new Set(points.map(([x]) => x))].sort((one, other) => one - other);
  const [least = 1, most = 1] = [xs[0], xs.at(-1)];
  const highest = roundUp(Math.max(...points.map(([, y]) => y), Number.MIN_VALUE));
  const left = 64;
  const wide = WIDTH - left - LEFT;
  const bottom = TOP + PLOT_HEIGHT;
  const xOf = (x: number): number =>
    left + (most === least ? 0.5 : Math.log(x / least) / Math.log(most / least)) * wide;
  const yOf = (y: number): number => bottom - (y / highest) * PLOT_HEIGHT;
  const marks = [0, 0.25, 0.5, 0.75, 1].map((share) => highest * share);
  const ends = apart(series.map((one) => yOf(one.points.at(-1)?.[1] ?? 0)));
  return image(bottom + 48, title, `${title}, in ${unit}, by ${xLabel}`, [
    heading(title, unit),
    ...marks.map((y) => `<line class="axis" x1="${left}" x2="${left + wide}" y1="${at(yOf(y))}" y2="${at(yOf(y))}"/>`),
    ...marks.map((y) => text(left - 8, yOf(y) + 4, short(y), "end", "faint")),
    ...xs.map((x) => text(xOf(x), bottom + 18, x.toLocaleString("en"), "middle", "faint")),
    text(left + wide / 2, bottom + 38, xLabel, "middle", "faint"),
    ...series.map((one, index) => lineOf(one, COLOURS[index % COLOURS.length] ?? "", xOf, yOf)),
    ...series.map(({ name }, index) => text(left + wide + 10, (ends[index] ?? 0) + 4, name, "start")),
  ]);
}

function lineOf(
  { points, own }: Series,
  colour: string,
  xOf: (x: number) => number,
  yOf: (y: number) => number,
): string {
  const places = points.map(([x, y]) => [at(xOf(x)), at(yOf(y))] as const);
  const line = `<polyline class="line${own ? " own" : ""}" ${own ? "" : `stroke="${colour}" `}points="${places.map((place) => place.join(",")).join(" ")}"/>`;
  const dots = places.map(
    ([x, y]) => `<circle ${own ? 'class="own"' : `fill="${colour}"`} cx="${x}" cy="${y}" r="${own ? 4 : 3}"/>`,
  );
  return line + dots.join("");
}

/** The same heights, moved so that labels there do not cover each other; in the order given. */
export function apart(heights: readonly number[]): readonly number[] {
  const order = heights.map((height, index) => ({ height, index })).sort((one, other) => one.height - other.height);
  const placed = new Array<number>(heights.length);
  let above = Number.NEGATIVE_INFINITY;
  for (const { height, index } of order) {
    above = Math.max(height, above + LABEL_APART);
    placed[index] = above;
  }
  return placed;
}

/** The next of 1, 2, 2.5, 4, 5, 8 and 10, times a power of ten. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 2.5, 4, 5, 8, 10].find((one) => one * power >= value) ?? 10;
  return step * power;
}

function image(height: number, title: string, description: string, parts: readonly string[]): string {
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escaped(description)}">` +
    `<title>${escaped(title)}</title>${STYLE}${parts.join("\n")}</svg>\n`
  );
}

function heading(title: string, unit: string): string {
  return `<text class="title" x="8" y="22">${escaped(title)} <tspan class="faint" font-weight="400">${escaped(unit)}</tspan></text>`;
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end", name?: string): string {
  const faint = name === undefined ? "" : ` class="${name}"`;
  return `<text${faint} x="${at(x)}" y="${at(y)}" text-anchor="${anchor}">${escaped(words)}</text>`;
}

const at = (value: number): number => Math.round(value * 10) / 10;

/** Three digits that say something. */
export function short(value: number): string {
  return Number(value.toPrecision(3)).toLocaleString("en", { maximumFractionDigits: 3 });
}

function escaped(words: string): string {
  return words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
