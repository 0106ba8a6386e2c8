import { describe, expect, it } from "vitest";
import { memoryStore } from "../store/memory-message-store.ts";
import { conversation, message } from "./conformance/message-store/entries.ts";
import { sharedStore } from "./shared-store.ts";

describe("sharedStore", () => {
  it("gives handles of one store, opened once and closed each by itself", async () => {
    const handle = sharedStore(memoryStore());
    const [first, second] = [handle(), handle()];
    await expect(first.access([])).rejects.toMatchObject({ code: "closed" });
    await Promise.all([first.open(), second.open()]);
    await first.create(conversation("c1"));
    await first.close();
    await expect(first.append([message("c1", "alice", "hi")])).rejects.toMatchObject({ code: "closed" });
    expect(await second.append([message("c1", "alice", "hi")])).toMatchObject([{ kind: "event", row: { seq: 2 } }]);
    await second.close();
    const third = handle();
    await third.open();
    expect(await third.access([{ user: "bob", conversation: "c1" }])).toMatchObject([{ head: 2 }]);
    expect(third.durability).toBe("memory");
  });
});
