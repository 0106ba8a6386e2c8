import type { BucketMoment } from "./bucket-clocks.ts";

/** A place in the clock of each of some buckets: everything up to it is known. Buckets that are not named: nothing of them is. */
export type Vector = ReadonlyMap<number, BucketMoment>;

/**
 * As text, one for each vector: the latest clock, then of each bucket in their order how far it is behind, all of it in
 * base 36, with its life where that is not the first: `m5x…,3:a,1q:3f-c0ffee`.
 */
export function formatVector(vector: Vector): string {
  const known = Array.from(vector).filter(([, { at }]) => at > 0);
  const latest = Math.max(0, ...known.map(([, { at }]) => at));
  const parts = known
    .sort(([a], [b]) => a - b)
    .map(([bucket, { at, life }]) => {
      const behind = `${bucket.toString(36)}:${(latest - at).toString(36)}`;
      return life === "" ? behind : `${behind}-${life}`;
    });
  return [latest.toString(36), ...parts].join(",");
}

const LATEST = /^[0-9a-z]{1,11}$/;
const PART = /^([0-9a-z]{1,2}):([0-9a-z]{1,11})(?:-([0-9a-f]{12}))?$/;

/** null: no text of a vector. */
export function parseVector(text: string, buckets: number): Vector | null {
  const [first = "", ...parts] = text.split(",");
  if (!LATEST.test(first) || parts.length > buckets) return null;
  const latest = Number.parseInt(first, 36);
  const vector = new Map<number, BucketMoment>();
  for (const part of parts) {
    const [, name = "", behind = "", life = ""] = PART.exec(part) ?? [];
    const bucket = Number.parseInt(name, 36);
    const at = latest - Number.parseInt(behind, 36);
    if (!(bucket < buckets) || !(at >= 0)) return null;
    vector.set(bucket, { at, life });
  }
  return vector;
}

/** Whether a bucket that stands at `moment` may have told `place` before, in the same life; undefined: nothing was told. */
export function isBefore(place: BucketMoment | undefined, moment: BucketMoment): boolean {
  return place === undefined || (place.life === moment.life && place.at <= moment.at);
}
