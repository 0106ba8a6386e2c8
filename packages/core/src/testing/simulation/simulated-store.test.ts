import { isChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import type { Append } from "../../ports/append.ts";
import type { NewConversation } from "../../ports/conversation-settings.ts";
import type { MessageStore } from "../../ports/message-store.ts";
import { SeededRandom } from "../seeded-random.ts";
import type { CrashPoint } from "./fault.ts";
import type { HistoryLine } from "./history-line.ts";
import { NodeClock } from "./node-clock.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { SimulatedTime } from "./time.ts";

const ROLES = ["owner", "admin", "member"] as const;

function conversation(id: string): NewConversation {
  return {
    ...{ id, kind: "group", mode: "push", epoch: `${id}-e1`, creator: "ana", at: 1, title: null, meta: null },
    ...{ open: false, wholeHistory: false, members: [["ana", "owner"]], first: [{ type: "meta", body: {} }] },
  };
}

function message(id: string): Append {
  const key = { id, hash: id };
  return { conversation: "c1", user: "ana", at: 1, type: "message", body: { text: id }, key, by: ROLES };
}

class Scene {
  readonly time = new SimulatedTime();
  readonly lines: HistoryLine[] = [];
  readonly store = new SimulatedStore({
    ...{ time: this.time, random: new SeededRandom(1), write: (line) => this.lines.push(line) },
  });
  readonly clock = new NodeClock(this.time);
  crash: CrashPoint | null = null;
  fired = 0;
  readonly client: MessageStore;

  constructor() {
    this.client = this.store.client({
      ...{ node: "n1", clock: this.clock },
      crashesAt: (point) => {
        if (point !== this.crash) return false;
        this.clock.kill();
        return true;
      },
    });
  }

  static async open(): Promise<Scene> {
    const scene = new Scene();
    await scene.come(scene.client.open());
    await scene.come(scene.client.create(conversation("c1")));
    return scene;
  }

  readonly fire = (): void => {
    this.fired++;
  };

  /** What comes of a call within 10 s of its time: its answer, the code it was refused with, or nothing. */
  async come<T>(call: Promise<T>): Promise<T | string | null> {
    let came: T | string | null = null;
    let isOver = false;
    const over = (what: T | string) => {
      came = what;
      isOver = true;
    };
    call.then(over, (error: unknown) => over(isChatError(error) ? error.code : String(error)));
    await this.time.run(this.time.now + 10_000, () => isOver);
    return came;
  }

  async append(...ids: string[]): Promise<unknown> {
    const came = await this.come(this.client.append(ids.map(message)));
    return Array.isArray(came) ? came.map(({ kind }) => kind) : came;
  }

  async head(): Promise<number> {
    const [access] = await this.store.plain.access([{ user: "ana", conversation: "c1" }]);
    return access?.head ?? 0;
  }
}

describe("SimulatedStore", () => {
  it("answers later, from the one store of all", async () => {
    const scene = await Scene.open();
    const other = scene.store.client({ node: "n2", clock: new NodeClock(scene.time), crashesAt: () => false });
    await scene.come(other.open());
    expect(await scene.append("a", "b")).toEqual(["event", "event"]);
    expect(await scene.come(other.settings("c1"))).toMatchObject({ kind: "group" });
    expect(await scene.head()).toBe(3);
  });

  it("rejects calls of an end that is not open", async () => {
    const scene = new Scene();
    expect(await scene.come(scene.client.settings("c1"))).toBe("closed");
  });

  it("F45: refuses without having done anything", async () => {
    const scene = await Scene.open();
    scene.store.refuse(60_000, 1, scene.fire);
    expect(await scene.append("a")).toBe("unavailable");
    expect([await scene.head(), scene.fired]).toEqual([1, 1]);
  });

  it("F48: loses the answer to what it has done, and a repeat finds it", async () => {
    const scene = await Scene.open();
    scene.store.loseAnswers(60_000, 1, scene.fire);
    expect(await scene.append("a")).toBe("unavailable");
    expect([await scene.head(), scene.fired]).toEqual([2, 1]);
    scene.store.heal();
    expect(await scene.append("a")).toEqual(["duplicate"]);
  });

  it("F43: answers nobody while it is down, and has kept what it had", async () => {
    const scene = await Scene.open();
    await scene.append("a");
    scene.store.down(4_000, scene.fire);
    expect(await scene.append("b")).toBe("unavailable");
    await scene.time.run(scene.time.now + 4_000);
    expect(await scene.append("b")).toEqual(["event"]);
    expect([await scene.head(), scene.fired]).toEqual([3, 1]);
  });

  it("F44: flaps no longer once it is healed", async () => {
    const scene = await Scene.open();
    scene.store.flap(10_000, scene.fire);
    await scene.time.run(scene.time.now + 1);
    expect(await scene.append("a")).toBe("unavailable");
    scene.store.heal();
    for (const id of ["a", "b", "c", "d"]) {
      expect(await scene.append(id)).toEqual(["event"]);
      await scene.time.run(scene.time.now + 2_000);
    }
    expect(scene.fired).toBe(1);
  });

  it("F56: cuts one gateway off, and no other", async () => {
    const scene = await Scene.open();
    const other = scene.store.client({ node: "n2", clock: new NodeClock(scene.time), crashesAt: () => false });
    await scene.come(other.open());
    scene.store.cutOff("n1", 60_000, scene.fire);
    expect(await scene.append("a")).toBe("unavailable");
    expect(await scene.come(other.append([message("b")]))).toMatchObject([{ kind: "event" }]);
    expect(scene.fired).toBe(1);
  });

  it("F24: a gateway that dies before the append has written nothing, and hears nothing", async () => {
    const scene = await Scene.open();
    scene.crash = "before append";
    expect(await scene.append("a")).toBeNull();
    expect(await scene.head()).toBe(1);
  });

  it("F25: one that dies after it has written, and hears nothing", async () => {
    const scene = await Scene.open();
    scene.crash = "after append";
    expect(await scene.append("a")).toBeNull();
    expect(await scene.head()).toBe(2);
  });

  it("F50: goes back to a moment, with what was there, under other epochs; who waits is refused", async () => {
    const scene = await Scene.open();
    const key = await scene.come(scene.client.setting("key", () => "first"));
    await scene.append("a", "b");
    const then = scene.time.now;
    await scene.time.run(then + 1_000);
    await scene.append("c");
    await scene.come(scene.client.create(conversation("c2")));
    const mark = await scene.store.plain.feedEnd();
    const waiting = scene.client.append([message("d")]);
    const moment = scene.time.now;
    scene.store.rewind(then, scene.fire);
    expect(await scene.come(waiting)).toBe("unavailable");
    expect(await scene.head()).toBe(3);
    expect(scene.lines).toEqual([
      {
        ...{ t: moment, p: "sim", ev: "rewind" },
        epochs: [
          ["c1", "c1-e1", "c1-e1~2", 3],
          ["c2", "c2-e1", "", 0],
        ],
      },
    ]);
    expect(await scene.come(scene.client.setting("key", () => "second"))).toBe(key);
    expect(await scene.come(scene.client.changes(mark, 10))).toBe("invalid");
    expect(await scene.append("a", "c")).toEqual(["duplicate", "event"]);
    const [access] = await scene.store.plain.access([{ user: "ana", conversation: "c1" }]);
    expect(access).toMatchObject({ epoch: "c1-e1~2", head: 4 });
    expect([...scene.store.epochs]).toEqual([["c1", "c1-e1~2"]]);
  });

  it("goes back twice, and no epoch comes twice", async () => {
    const scene = await Scene.open();
    await scene.append("a");
    scene.store.rewind(scene.time.now, scene.fire);
    await scene.append("b");
    scene.store.rewind(scene.time.now, scene.fire);
    await scene.time.run(scene.time.now + 10);
    expect([...scene.store.epochs]).toEqual([["c1", "c1-e1~3"]]);
    expect(await scene.head()).toBe(3);
  });
});
