import { describe, expect, it } from "vitest";
import type { MessageStore } from "../ports/message-store.ts";
import { memoryStore } from "../store/memory-message-store.ts";
import { codeOf } from "./conformance/code-of.ts";
import { conversation, message } from "./conformance/message-store/entries.ts";
import { deferred } from "./deferred.ts";
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

  it("closes a handle when its own calls are answered, and leaves those of others alone", async () => {
    const right = memoryStore();
    const answers = [deferred<void>(), deferred<void>()] as const;
    let asked = 0;
    const handle = sharedStore(but(right, { ping: () => (answers[asked++] as (typeof answers)[number]).promise }));
    const [first, second] = [handle(), handle()];
    await Promise.all([first.open(), second.open()]);
    const order: string[] = [];
    const note = (what: string) => () => void order.push(what);
    const calls = [first.ping().then(note("first")), second.ping().then(note("second"))];
    const closed = first.close().then(note("closed"));
    expect(await codeOf(first.ping())).toBe("closed");
    expect(order).toEqual([]);
    answers[0].resolve();
    await closed;
    expect(order).toEqual(["first", "closed"]);
    answers[1].resolve();
    await Promise.all(calls);
    expect(order).toEqual(["first", "closed", "second"]);
    await first.close();
    expect(await codeOf(first.open())).toBe("conflict");
    await right.close();
    expect(await codeOf(second.access([]))).toBe("closed");
  });

  it("lets a handle be opened again after a refusal, and never one that was closed meanwhile", async () => {
    const right = memoryStore();
    const gate = deferred<void>();
    let tries = 0;
    const handle = sharedStore(
      but(right, {
        open: async () => {
          tries += 1;
          if (tries === 1) throw new Error("away");
          await gate.promise;
          await right.open();
        },
      }),
    );
    const [first, second] = [handle(), handle()];
    await expect(first.open()).rejects.toThrow("away");
    const opening = [first.open(), second.open()];
    expect(await codeOf(first.open())).toBe("conflict");
    const left = second.close();
    gate.resolve();
    const codes = await Promise.all(
      opening.map((each) =>
        each.then(
          () => "open",
          (error) => error.code,
        ),
      ),
    );
    await left;
    expect(codes).toEqual(["open", "closed"]);
    expect(tries).toBe(2);
    expect(await codeOf(second.ping())).toBe("closed");
    await first.ping();
  });
});

/** A store with some methods of another kind. */
function but(store: MessageStore, own: Partial<MessageStore>): MessageStore {
  return new Proxy(store, {
    get: (target, name) => Reflect.get(Object.hasOwn(own, name) ? own : target, name)?.bind?.(target),
  });
}
