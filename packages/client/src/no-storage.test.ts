import { ChatError } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { noStorage } from "./no-storage.ts";
import type { QueuedSend } from "./send/queued-send.ts";

describe("noStorage", () => {
  it("is ready at once, and has nothing", async () => {
    await noStorage.ready();
    noStorage.begin("alice");
    let found = false;
    noStorage.timeline("c1", () => {
      found = true;
    });
    await noStorage.close(true);
    expect([found, noStorage.view]).toEqual([false, { status: "memory", error: null }]);
  });

  it("lets every send go at once, and is done with it when it is answered", () => {
    const queue = noStorage.queue({} as never);
    const send = { saving: false } as QueuedSend;
    queue.put(send);
    let done = 0;
    queue.settled(send, new ChatError("forbidden", "no"), () => done++);
    queue.settled(send, new ChatError("forbidden", "no"));
    expect([send.saving, queue.mayGo(), queue.mayHaveGone(send), done]).toEqual([false, true, false, 1]);
  });
});
