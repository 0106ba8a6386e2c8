const NAMESPACE = "http://www.w3.org/2000/svg";

/** Strokes on a grid of 20 by 20. */
const STROKES = {
  back: ["M12.5 4.5 7 10l5.5 5.5"],
  bell: ["M6 13.5V9a4 4 0 0 1 8 0v4.5l1.5 1.5h-11z", "M8.6 17a1.6 1.6 0 0 0 2.8 0"],
  check: ["m5 10.5 3.3 3.3 6.7-7.3"],
  clock: ["M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z", "M10 6.5V10l2.3 1.6"],
  close: ["m5.5 5.5 9 9", "m14.5 5.5-9 9"],
  copy: ["M7.5 7.5h8v8h-8z", "M12.5 7.5v-3h-8v8h3"],
  down: ["M10 4.5v11", "m5 10.5 5 5 5-5"],
  edit: ["m4.5 15.5.7-3.2 7.6-7.6a1.4 1.4 0 0 1 2 0l.5.5a1.4 1.4 0 0 1 0 2l-7.6 7.6z", "m11.5 6 2.5 2.5"],
  failed: ["M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z", "M10 6.8v3.7", "M10 13.2v.1"],
  info: ["M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z", "M10 9.3v4", "M10 6.7v.1"],
  leave: ["M8 4H5.5A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16H8", "m12.5 6.5 3.5 3.5-3.5 3.5", "M16 10H8.5"],
  more: ["M5 9.8v.4", "M10 9.8v.4", "M15 9.8v.4"],
  muted: ["M6 13.5V9a4 4 0 0 1 6.5-3.1M14 9v4.5l1.5 1.5H6.5", "M8.6 17a1.6 1.6 0 0 0 2.8 0", "m4 4 12 12"],
  people: [
    "M7.5 5a2.5 2.5 0 1 1 0 5 2.5 2.5 0 0 1 0-5z",
    "M3 16c.3-2.6 2-4 4.5-4s4.2 1.4 4.5 4",
    "M13 5.3a2.3 2.3 0 0 1 0 4.4",
    "M14 12.3c1.7.4 2.7 1.7 3 3.7",
  ],
  pin: ["m12 3.5 4.5 4.5-1.5.700-3 3-.500 3.3-5-5L9.8 9.5l3-3z", "m9 11-4.5 4.5"],
  plus: ["M10 4.5v11", "M4.5 10h11"],
  remove: ["M5 6h10", "M8 6V4.5h4V6", "m6.2 6 .6 9.5h6.4l.6-9.5"],
  reply: ["M8.5 5 4 9.5 8.5 14", "M4.5 9.5H11a5 5 0 0 1 5 5v.5"],
  send: ["M10 16V4.5", "M5 9.5l5-5 5 5"],
  smile: ["M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z", "M7.3 11.5a3.2 3.2 0 0 0 5.4 0", "M7.8 8v.1", "M12.2 8v.1"],
  thread: ["M4.5 5.5h11v8H10l-3.5 3v-3h-2z"],
  tick: ["m4.5 10.5 3.7 3.7 7.3-8"],
  ticks: ["m2 10.5 3.7 3.7 7.3-8", "m9 13.2 1 1 7.3-8"],
  unread: ["M4.5 5.5h8", "M4.5 5.5v8h2v3l3.5-3h5.5v-4", "M15.5 4a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3z"],
  up: ["M10 15.5v-11", "m5 9.5 5-5 5 5"],
} as const satisfies Record<string, readonly string[]>;

export type IconName = keyof typeof STROKES;

/** A drawn icon, for sighted eyes only: what it means is said beside it. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(NAMESPACE, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const stroke of STROKES[name]) {
    const path = document.createElementNS(NAMESPACE, "path");
    path.setAttribute("d", stroke);
    svg.append(path);
  }
  return svg;
}
