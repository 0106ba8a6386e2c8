import { describe, expect, it } from "vitest";
import type { Activity } from "../ports/presence-store.ts";
import { presenceRow, samePresence } from "./presence-state.ts";

const row = (seen: number | null, ...activities: Activity[]) =>
  presenceRow(
    "alice",
    activities.map((activity) => ({ activity })),
    seen,
  );

describe("presenceRow", () => {
  it.each<[Activity[], string]>([
    [[], "offline"],
    [["active"], "online"],
    [["idle"], "away"],
    [["invisible"], "offline"],
    [["idle", "idle"], "away"],
    [["idle", "active", "idle"], "online"],
    [["invisible", "idle"], "away"],
    [["idle", "invisible", "active"], "online"],
    [["invisible", "invisible"], "offline"],
  ])("takes %j for %s", (activities, status) => {
    expect(row(null, ...activities)).toEqual({ user: "alice", status });
  });

  it("says when somebody was seen of who is offline alone", () => {
    expect(row(5)).toEqual({ user: "alice", status: "offline", seen: 5 });
    expect(row(5, "invisible")).toEqual({ user: "alice", status: "offline", seen: 5 });
    expect(row(5, "idle")).toEqual({ user: "alice", status: "away" });
    expect(row(5, "active")).toEqual({ user: "alice", status: "online" });
  });
});

describe("samePresence", () => {
  it("compares status and seen", () => {
    expect(samePresence(row(5), row(5))).toBe(true);
    expect(samePresence(row(5), row(6))).toBe(false);
    expect(samePresence(row(5), row(null))).toBe(false);
    expect(samePresence(row(5, "active"), row(6, "active"))).toBe(true);
    expect(samePresence(row(5, "active"), row(5, "idle"))).toBe(false);
  });
});
