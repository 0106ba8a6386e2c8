import { describe, expect, it } from "vitest";
import { type SessionRow, userPresences } from "./user-presences.ts";

const row = (user: string, more: Partial<SessionRow> = {}): SessionRow => ({
  node: "n1",
  session: `s-${user}`,
  user_id: user,
  device: "d1",
  activity: "active",
  stands: true,
  renewed: 5_000,
  ...more,
});

describe("the rows of users' presence", () => {
  it("are given in the order asked, unknown and repeated users too", () => {
    const hosted = { session: "s-alice", user: "alice", device: "d1", activity: "active", node: "n1" };
    expect(userPresences(["bob", "alice", "bob"], [row("alice")], [{ user_id: "bob", at: 7 }])).toEqual([
      { user: "bob", sessions: [], seen: 7 },
      { user: "alice", sessions: [hosted], seen: null },
      { user: "bob", sessions: [], seen: 7 },
    ]);
  });

  it("I21: of a lease that has run out say when it was renewed, unless the session was invisible", () => {
    const rows = [
      row("alice", { stands: false }),
      row("bob", { stands: false, activity: "invisible" }),
      row("carol", { stands: false }),
    ];
    const seen = [{ user_id: "carol", at: 9_000 }];
    expect(
      userPresences(["alice", "bob", "carol"], rows, seen).map((each) => [each.sessions.length, each.seen]),
    ).toEqual([
      [0, 5_000],
      [0, null],
      [0, 9_000],
    ]);
  });
});
