const NAMESPACE = "http://www.w3.org/2000/svg";

/** Strokes on a grid of 20 by 20. */
const STROKES = {
  back: ["M12.5 4.5 7 10l5.5 5.5"],
  clock: ["M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z", "M10 6.5V10l2.3 1.6"],
  down: ["M10 4.5v11", "m5 10.5 5 5 5-5"],
  failed: ["M10 3.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13z", "M10 6.8v3.7", "M10 13.2v.1"],
  leave: ["M8 4H5.5A1.5 1.5 0 0 0 4 5.5v9A1.5 1.5 0 0 0 5.5 16H8", "m12.5 6.5 3.5 3.5-3.5 3.5", "M16 10H8.5"],
  plus: ["M10 4.5v11", "M4.5 10h11"],
  send: ["M10 16V4.5", "M5 9.5l5-5 5 5"],
  tick: ["m4.5 10.5 3.7 3.7 7.3-8"],
  ticks: ["m2 10.5 3.7 3.7 7.3-8", "m9 13.2 1 1 7.3-8"],
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
