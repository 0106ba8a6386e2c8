import { describe, expect, it } from "vitest";
import { Lifecycle } from "./lifecycle.ts";

/** A promise that is settled by hand. */
function held() {
  let release: () => void = () => {};
  let fail: (error: Error) => void = () => {};
  const promise = new Promise<void>((resolve, reject) => {
    release = resolve;
    fail = reject;
  });
  return { promise, release, fail };
}

describe("Lifecycle", () => {
  it("goes from new over starting to running, and over closing to closed", async () => {
    const lifecycle = new Lifecycle();
    const [opening, closing] = [held(), held()];
    expect(lifecycle.phase).toBe("new");
    const started = lifecycle.start(() => opening.promise);
    expect(lifecycle.phase).toBe("starting");
    opening.release();
    await started;
    expect(lifecycle.phase).toBe("running");
    const closed = lifecycle.close(() => closing.promise);
    expect(lifecycle.phase).toBe("closing");
    closing.release();
    await closed;
    expect(lifecycle.phase).toBe("closed");
  });

  it.each(["starting", "running", "closed"] as const)("starts once: %s is a conflict", async (phase) => {
    const lifecycle = new Lifecycle();
    const opening = held();
    const started = lifecycle.start(() => opening.promise);
    if (phase !== "starting") {
      opening.release();
      await started;
    }
    if (phase === "closed") await lifecycle.close(async () => {});
    expect(lifecycle.phase).toBe(phase);
    await expect(lifecycle.start(async () => {})).rejects.toMatchObject({ code: "conflict" });
  });

  it("is closed after a start that failed, and says why", async () => {
    const lifecycle = new Lifecycle();
    await expect(lifecycle.start(() => Promise.reject(new Error("no disk")))).rejects.toThrow("no disk");
    expect(lifecycle.phase).toBe("closed");
  });

  it("closes once: a second call waits for the first, a later one does nothing", async () => {
    const lifecycle = new Lifecycle();
    const closing = held();
    let closes = 0;
    const close = () => {
      closes++;
      return closing.promise;
    };
    await lifecycle.start(async () => {});
    const first = lifecycle.close(close);
    let second = false;
    const waiting = lifecycle.close(close).then(() => {
      second = true;
    });
    await Promise.resolve();
    expect({ second, closes }).toEqual({ second: false, closes: 1 });
    closing.release();
    await Promise.all([first, waiting]);
    await lifecycle.close(close);
    expect(closes).toBe(1);
  });

  it("stays closed when it is closed while it starts", async () => {
    const lifecycle = new Lifecycle();
    const opening = held();
    const started = lifecycle.start(() => opening.promise);
    await lifecycle.close(async () => {});
    opening.release();
    await started;
    expect(lifecycle.phase).toBe("closed");
  });

  it("is closed also when closing fails, and tells who asked", async () => {
    const lifecycle = new Lifecycle();
    await lifecycle.start(async () => {});
    await expect(lifecycle.close(() => Promise.reject(new Error("stuck")))).rejects.toThrow("stuck");
    expect(lifecycle.phase).toBe("closed");
  });

  it("drains once, only while it runs, and closes from there", async () => {
    const lifecycle = new Lifecycle();
    const [leaving, draining] = [held(), held()];
    const leave = () => leaving.promise;
    await lifecycle.drain(leave, () => draining.promise);
    expect(lifecycle.phase).toBe("new");
    await lifecycle.start(async () => {});
    const [first, second] = [
      lifecycle.drain(leave, () => draining.promise),
      lifecycle.drain(leave, () => Promise.reject(new Error())),
    ];
    expect(lifecycle.phase).toBe("leaving");
    leaving.release();
    await Promise.resolve().then(() => {});
    expect(lifecycle.phase).toBe("draining");
    await lifecycle.close(async () => {});
    draining.release();
    await Promise.all([first, second]);
    expect(lifecycle.phase).toBe("closed");
  });

  it("does not drain when it is closed while it leaves", async () => {
    const lifecycle = new Lifecycle();
    const leaving = held();
    await lifecycle.start(async () => {});
    const drained = lifecycle.drain(
      () => leaving.promise,
      () => Promise.reject(new Error("drained")),
    );
    await lifecycle.close(async () => {});
    leaving.release();
    await drained;
    expect(lifecycle.phase).toBe("closed");
  });
});
