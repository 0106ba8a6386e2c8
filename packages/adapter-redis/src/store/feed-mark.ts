import { ChatError } from "@earshot/protocol";
import { formatVector, parseVector, type Vector } from "./vector.ts";

/** Where a reading of the feed stands. */
export interface FeedMark {
  readonly vector: Vector;
  /** Within a stretch of events that was read in part, up to that seq; null: at the end of one. */
  readonly within: StretchPlace | null;
}

export interface StretchPlace {
  readonly bucket: number;
  readonly stamp: number;
  readonly seq: number;
}

export function formatFeedMark({ vector, within }: FeedMark, life: string): string {
  const place = within === null ? "" : `${within.bucket}.${within.stamp}.${within.seq}`;
  return [life, place, formatVector(vector)].join("!");
}

const WITHIN = /^(\d{1,2})\.(\d{1,16})\.(\d{1,16})$/;

/** Refuses what this store has not given out with `invalid`. */
export function parseFeedMark(text: string, life: string, buckets: number): FeedMark {
  const [ofLife, place = "", vectorText = "", ...rest] = text.split("!");
  const vector = parseVector(vectorText, buckets);
  const [, bucket, stamp, seq] = WITHIN.exec(place) ?? [];
  if (ofLife !== life || vector === null || rest.length > 0 || (place !== "" && seq === undefined)) throw unknownMark();
  const within = place === "" ? null : { bucket: Number(bucket), stamp: Number(stamp), seq: Number(seq) };
  return { vector, within };
}

export function unknownMark(): ChatError {
  return new ChatError("invalid", "unable to read feed; the mark is not one of this store, or it was put back since");
}
