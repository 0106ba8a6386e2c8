import type { Topic } from "@earshot/core";
import { slotOf } from "./links/slot.ts";

/**
 * Sharded channels stand in so many slots, each listened to on a link of its own to whoever holds it: enough to spread
 * over the servers of a Cluster, and few enough to follow. Every node has to mean the same, so it never changes.
 */
export const BUS_LANES = 16;

/** Which of them a topic's channel is in. */
export function busLane(topic: Topic): number {
  return slotOf(topic) % BUS_LANES;
}

/** A topic's channel. `lane`: of a sharded one. Ids hold no braces, so that nothing but the tag decides the slot. */
export function busChannel(namespace: string, topic: Topic | "probe", lane: number | null): string {
  return lane === null ? `earshot:${namespace}:bus:${topic}` : `${laneTag(namespace, lane)}:${topic}`;
}

/** Stands for a lane where a key has to say which slot is meant. */
export function laneTag(namespace: string, lane: number): string {
  return `{earshot:${namespace}:bus:${lane}}`;
}

/** The one stream of a bus on Streams. */
export function busStream(namespace: string): string {
  return `{earshot:${namespace}:stream}`;
}

/** Every key of a presence store begins with it: all of them are of one slot. Its changes are told on the channel of this name. */
export function presenceTag(namespace: string): string {
  return `{earshot:${namespace}:presence}`;
}
