import { describe, expect, it } from "vitest";
import { BUCKETS, bucketOf, StoreKeys } from "./keys.ts";
import { slotOf } from "./links/slot.ts";

describe("keys of the store", () => {
  const keys = new StoreKeys("default");

  it("of one conversation and its bucket are of one slot, whatever the id", () => {
    for (const id of ["c1", "-", "a:b", "~", "constructor", "01J0000000000000000000ABCD"]) {
      const own = [keys.conversation(id), keys.log(id), keys.index(id), keys.messages(id)];
      const bucket = bucketOf(id);
      const ofBucket = [keys.bucket(bucket), keys.feed(bucket), keys.ids(bucket), keys.purges(bucket)];
      expect(new Set([...own, ...ofBucket].map(slotOf)).size, id).toBe(1);
      expect(new Set([...own, ...ofBucket]).size).toBe(8);
    }
  });

  it("stand evenly over the slots: a Cluster of any size gives each master its part", () => {
    const slots = Array.from({ length: BUCKETS }, (_, bucket) => slotOf(keys.bucket(bucket)));
    expect(slots.map((slot) => Math.floor(slot / 256))).toEqual(Array.from({ length: BUCKETS }, (_, n) => n));
  });

  it("stay where they are: what stands in Redis is found by them", () => {
    expect([keys.conversation("c1"), keys.inbox("alice"), keys.store()]).toEqual([
      "earshot:{11.3}:default:c:c1",
      "earshot:{45.23}:default:u:alice",
      "earshot:{0.178}:default:store",
    ]);
  });

  it("of two namespaces and of two kinds are never one", () => {
    const other = new StoreKeys("other");
    expect(keys.conversation("c1")).not.toBe(other.conversation("c1"));
    const named = [keys.setting("x"), keys.lease("x"), keys.position("x"), keys.inbox("x"), keys.blocks("x")];
    expect(new Set(named).size).toBe(named.length);
  });
});
