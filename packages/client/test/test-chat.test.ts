import { refuse } from "@earshot/core";
import { createTestChat, ManualClock } from "@earshot/core/testing";
import { defineChat, type StandardSchema } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { ChatClient } from "../src/index.ts";

/** Resolves when a `Live` shows what is waited for. */
function shows<T>(
  live: { readonly current: T; subscribe(listener: () => void): () => void },
  what: (now: T) => boolean,
) {
  return new Promise<void>((resolve) => {
    const look = (): void => {
      if (!what(live.current)) return;
      queueMicrotask(() => undo());
      resolve();
    };
    const undo = live.subscribe(look);
    look();
  });
}

const text: StandardSchema<{ text: string }, { text: string }> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) =>
      typeof (value as { text?: unknown }).text === "string"
        ? { value: value as { text: string } }
        : { issues: [{ message: "no text", path: ["text"] }] },
  },
};
const definition = defineChat({ message: text });

describe("createTestChat", () => {
  it("an application's own hook, seen by two real clients, without a network", async () => {
    const test = await createTestChat({ definition });
    test.chat.before("send", ({ type, body }) => {
      if (type !== "message") return;
      if (body.text.includes("damn")) throw refuse("forbidden", "profanity");
      return { body: { text: body.text.trim() } };
    });
    await test.chat.as("alice").create({ kind: "group", id: "c1", members: ["bob"] });
    const [alice, bob] = [
      new ChatClient<typeof definition>(test.client("alice")),
      new ChatClient<typeof definition>(test.client("bob")),
    ];
    const window = bob.conversation("c1").messages();
    const undo = window.subscribe(() => {});

    await alice.conversation("c1").send({ text: "  hello  " }).sent;
    const refused = alice.conversation("c1").send({ text: "damn" });
    await expect(refused.sent).rejects.toMatchObject({ code: "forbidden", reason: "profanity" });
    await shows(window, ({ items }) =>
      items.some((item) => item.kind === "message" && !item.deleted && item.body.text === "hello"),
    );
    expect(window.current.items.filter(({ kind }) => kind === "message")).toHaveLength(1);

    const response = await test.call("bob", "GET", "/conversations/c1/messages");
    expect(await response.json()).toMatchObject({ events: [{ type: "meta" }, { body: { text: "hello" } }] });
    expect((await test.call("mallory", "GET", "/conversations/c1")).status).toBe(404);
    undo();
    await Promise.all([alice.close(), bob.close()]);
    await test.close();
  });

  it("calls that have no frame go to the same engine", async () => {
    const test = await createTestChat();
    const alice = new ChatClient(test.client("alice"));
    const row = await alice.create({ kind: "group", members: ["bob"], title: "Lunch" });
    expect(row).toMatchObject({ title: "Lunch", role: "owner" });
    await alice.conversation(row.id).update({ title: "Dinner" });
    expect((await test.chat.as("bob").conversation(row.id).get()).title).toBe("Dinner");
    await alice.close();
    await test.close();
  });

  it("time is the test's where it brings a clock", async () => {
    const clock = new ManualClock();
    const test = await createTestChat({ clock });
    const alice = new ChatClient(test.client("alice"));
    const created = alice.create({ kind: "group", id: "c1" });
    await clock.advance(10_000);
    expect(await created).toMatchObject({ id: "c1" });
    expect(alice.connection.current.status).toBe("online");
    const draining = test.chat.drain({ within: 5_000 });
    await clock.advance(10_000);
    await draining;
    expect(alice.connection.current.status).not.toBe("online");
    const closing = alice.close();
    await clock.advance(10_000);
    await closing;
    const closed = test.close();
    await clock.advance(10_000);
    await closed;
  });
});
