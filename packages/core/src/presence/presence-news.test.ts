import type { PresenceRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { encode } from "../codec/encode.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SceneWatcher } from "../testing/presence-scene.ts";
import { PresenceNews, type PresenceWatcher } from "./presence-news.ts";
import { Watches } from "./watches.ts";

const OFFLINE: PresenceRow = { user: "alice", status: "offline" };
const ONLINE: PresenceRow = { user: "alice", status: "online" };

describe("PresenceNews", () => {
  it("tells 500 sessions in one turn, and goes on in the next", async () => {
    const turns: (() => void)[] = [];
    const watches = new Watches<PresenceWatcher>();
    const news = new PresenceNews({ clock: { endOfTurn: (run) => turns.push(run) }, encode }, watches);
    const viewers = Array.from({ length: 1_200 }, (_, n) => new SceneWatcher(`v${n}`, new ManualClock()));
    for (const viewer of viewers) {
      watches.add(viewer, "c1", "alice");
      const watch = watches.get(viewer, "alice");
      Object.assign(watch ?? {}, { told: OFFLINE, news: ONLINE });
      news.add(viewer, "alice");
    }
    await Promise.resolve();
    const told: number[] = [];
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      turn();
      told.push(viewers.filter((viewer) => viewer.view.get("alice") === undefined).length);
    }
    expect(told).toEqual([700, 200, 0]);
    expect(news.size).toBe(0);
  });
});
