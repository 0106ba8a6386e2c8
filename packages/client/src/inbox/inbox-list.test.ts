import type { InboxFrame, InboxRow } from "@earshot/protocol";
import { describe, expect, it } from "vitest";
import { Changes } from "../changes.ts";
import { ChatClient } from "../chat-client.ts";
import { FakeGateway } from "../testing/fake-gateway.ts";
import { FakeNetwork } from "../testing/fake-network.ts";
import type { FakePeer } from "../testing/fake-server.ts";
import { ManualClock } from "../testing/manual-clock.ts";
import { SeededRandom } from "../testing/seeded-random.ts";
import { InboxList } from "./inbox-list.ts";

async function make() {
  const clock = new ManualClock();
  const gateway = new FakeGateway(clock);
  const answers: (Partial<InboxFrame> | "silence" | { readonly retry?: number })[] = [];
  const client = new ChatClient({
    url: "http://localhost/chat",
    token: () => "me",
    clock,
    network: new FakeNetwork(),
    random: new SeededRandom(3),
    transport: gateway.server.open,
    fetch: async () => Response.json(row("mine", { title: "Lunch" }), { status: 201 }),
  });
  const script = (peer: FakePeer): void => {
    const { onFrame } = peer;
    peer.onFrame = (frame) => {
      if (frame.t !== "inbox") return onFrame?.(frame);
      const answer = answers.shift() ?? {};
      if (answer === "silence") return;
      if ("retry" in answer) {
        peer.send({ t: "error", id: frame.id, code: "unavailable", message: "", retry: answer.retry ?? 0 });
      } else {
        peer.send({ t: "inbox", id: frame.id, conversations: [], cursor: "k", more: false, ...answer });
      }
    };
  };
  const { server } = gateway;
  const connected = server.onConnection;
  server.onConnection = (peer) => {
    connected?.(peer);
    script(peer);
  };
  return { clock, gateway, server, client, answers };
}
const row = (c: string, more: Partial<InboxRow> = {}): InboxRow => ({
  ...{ c, kind: "group", mode: "push", epoch: "e1", head: 0, ord: 0, delivered: 0, read: 0, unread: 0, mentions: 0 },
  ...{ role: "member", title: c, meta: null, mute: false, last: null },
  ...more,
});

describe("InboxList", () => {
  it("loads page by page with its first listener, and shows what has come so far", async () => {
    const { clock, server, client, answers } = await make();
    client.connect();
    await clock.advance(100);
    expect(server.peer.got("inbox")).toEqual([]);
    answers.push({ conversations: [row("a")], cursor: "1", more: true }, { conversations: [row("b")], cursor: "2" });
    const statuses: string[] = [];
    client.inbox.subscribe(({ status, rows }) => statuses.push(`${status} ${rows.map(({ id }) => id)}`));
    await clock.advance(100);
    expect(server.peer.got("inbox").map(({ cursor }) => cursor)).toEqual([null, "1"]);
    expect(statuses.at(-1)).toBe("live a,b");
    expect(client.inbox.current).toBe(client.inbox.current);
  });

  it("I9: asks for what has changed after each reconnect, from its cursor", async () => {
    const { clock, server, client, answers } = await make();
    answers.push({ conversations: [row("a"), row("b")], cursor: "1" });
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    server.peer.close(1006);
    expect(client.inbox.current.status).toBe("catching-up");
    answers.push({ conversations: [row("b", { title: "B" }), { c: "a", gone: true }], cursor: "2" });
    await clock.advance(2_000);
    expect(server.peer.got("inbox").map(({ cursor }) => cursor)).toEqual(["1"]);
    expect(client.inbox.current).toMatchObject({ status: "live", rows: [{ id: "b", title: "B" }] });
    server.peer.close(1006);
    answers.push(
      { conversations: [row("c")], cursor: "9", more: true, reset: true },
      { conversations: [], cursor: "10" },
    );
    await clock.advance(5_000);
    expect(client.inbox.current.rows.map(({ id }) => id)).toEqual(["c"]);
  });

  it("goes on where a lost connection broke its first listing", async () => {
    const { clock, server, client, answers } = await make();
    answers.push({ conversations: [row("a")], cursor: "1", more: true }, "silence");
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    expect(client.inbox.current.status).toBe("loading");
    server.peer.close(1006);
    answers.push({ conversations: [row("b")], cursor: "2" });
    await clock.advance(2_000);
    expect(server.peer.got("inbox").map(({ cursor }) => cursor)).toEqual(["1"]);
    expect(client.inbox.current.rows.map(({ id }) => id)).toEqual(["a", "b"]);
  });

  it("fetches a conversation that it does not know when an event of it comes, many at once", async () => {
    const { clock, gateway, server, client, answers } = await make();
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    answers.push({ conversations: [row("c1", { head: 2, ord: 2, unread: 2 }), row("c2")], cursor: "2" });
    gateway.append("c1", "you", {});
    gateway.append("c1", "you", {});
    gateway.append("c2", "you", {});
    await clock.advance(200);
    expect(server.peer.got("inbox").map(({ cursor }) => cursor)).toEqual([null, "k"]);
    expect(client.inbox.current.rows.find(({ id }) => id === "c1")).toMatchObject({ unread: 2 });
  });

  it("asks again when an event came while it was asking", async () => {
    const { clock, gateway, server, client, answers } = await make();
    answers.push("silence");
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    gateway.append("c1", "you", {});
    await clock.advance(1_000);
    const [{ id } = { id: "" }] = server.peer.got("inbox");
    server.peer.send({ t: "inbox", id, conversations: [], cursor: "1", more: false });
    await clock.advance(200);
    expect(server.peer.got("inbox").map(({ cursor }) => cursor)).toEqual([null, "1"]);
  });

  it("asks once more when an event came while it was listing page by page", async () => {
    const { clock, gateway, server, client, answers } = await make();
    answers.push("silence", { cursor: "2" }, { conversations: [row("c1")], cursor: "3" });
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    gateway.append("c1", "you", {});
    await clock.advance(1_000);
    const [{ id } = { id: "" }] = server.peer.got("inbox");
    server.peer.send({ t: "inbox", id, conversations: [row("a")], cursor: "1", more: true });
    await clock.advance(200);
    expect(server.peer.got("inbox").map(({ cursor }) => cursor)).toEqual([null, "1", "2"]);
    expect(client.inbox.current.rows.map((each) => each.id)).toEqual(["c1", "a"]);
    await clock.advance(10_000);
    expect(server.peer.got("inbox").length).toBe(3);
  });

  it("drops a conversation that is gone, and asks after a `lagging`", async () => {
    const { clock, server, client, answers } = await make();
    answers.push({ conversations: [row("a"), row("b")], cursor: "1" });
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    server.peer.send({ t: "events", c: "a", gone: true });
    expect(client.inbox.current.rows.map(({ id }) => id)).toEqual(["b"]);
    server.peer.send({ t: "lagging", c: ["b"] });
    await clock.advance(200);
    expect(server.peer.got("inbox").length).toBe(2);
  });

  it("tells why it cannot be read, and reads it when it may", async () => {
    const { clock, client, answers, server } = await make();
    answers.push({ retry: 1_000 }, "silence");
    client.inbox.subscribe(() => {});
    await clock.advance(999);
    expect(client.inbox.current).toMatchObject({ status: "loading", error: { code: "unavailable" } });
    await clock.advance(1_000);
    expect(server.peer.got("inbox").length).toBe(2);
    await clock.advance(15_000);
    expect(client.inbox.current).toMatchObject({ error: { code: "timeout" } });
    await clock.advance(5_000);
    expect(client.inbox.current).toMatchObject({ status: "live", error: null });
  });

  it("keeps a row that was created while it was being listed", async () => {
    const { clock, server, client, answers } = await make();
    answers.push("silence");
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    expect(await client.create({ kind: "group", title: "Lunch" })).toMatchObject({ id: "mine", title: "Lunch" });
    server.peer.send({
      t: "inbox",
      id: server.peer.last("inbox").id,
      conversations: [row("a")],
      cursor: "1",
      more: false,
    });
    expect(client.inbox.current.rows.map(({ id }) => id)).toEqual(["mine", "a"]);
  });

  it("shows own marks that the gateway has not shown yet, also in rows that come after them", async () => {
    const { clock, client, answers, server } = await make();
    client.connect();
    await clock.advance(100);
    client.conversation("a").markRead(4);
    client.conversation("b").markUnread();
    const rows = [row("a", { head: 4, ord: 4, read: 1, unread: 3 }), row("b", { head: 1, ord: 1, read: 1 })];
    answers.push({ conversations: rows, cursor: "1" });
    client.unread.subscribe(() => {});
    await clock.advance(100);
    expect(client.inbox.current.rows).toMatchObject([
      { read: 4, unread: 0 },
      { unread: 0, marked: true },
    ]);
    expect(client.unread.current).toEqual({ conversations: 1, messages: 0, mentions: 0 });
    server.peer.send({ t: "receipt", c: "a", user: "me", delivered: 4, read: 4 });
    server.peer.send({ t: "receipt", c: "b", user: "me", delivered: 4, read: 1 });
    expect(client.inbox.current.rows).toMatchObject([{ unread: 0 }, { marked: true }]);
  });

  it("asks soon for what it cannot place, although it was to ask later, but never before it may", async () => {
    const { clock, gateway, server, client, answers } = await make();
    const last = { seq: 1, ord: 1, type: "message", from: "you", at: 1, id: "m1" } as const;
    answers.push({ conversations: [row("c1", { head: 1, ord: 1, unread: 1, last })], cursor: "1" });
    gateway.append("c1", "you", {});
    client.inbox.subscribe(() => {});
    await clock.advance(100);
    gateway.change("c1", "you", "react", 1, { key: "+", on: true });
    await clock.advance(900);
    expect(server.peer.got("inbox").length).toBe(1);
    await clock.advance(200);
    expect(server.peer.got("inbox").length).toBe(2);
    gateway.change("c1", "you", "react", 1, { key: "+", on: false });
    await clock.advance(200);
    answers.push({ retry: 3_000 });
    gateway.append("c9", "you", {});
    await clock.advance(200);
    expect(server.peer.got("inbox").length).toBe(3);
    gateway.append("c8", "you", {});
    await clock.advance(2_700);
    expect(server.peer.got("inbox").length).toBe(3);
    await clock.advance(4_000);
    expect(server.peer.got("inbox").length).toBe(4);
  });

  it("tells who listens to a row of changes of that row alone, and loads the list for them", async () => {
    const { clock, gateway, client, answers } = await make();
    answers.push({ conversations: [row("c1", { epoch: "e2" }), row("c2")], cursor: "1" });
    const heard: unknown[] = [];
    client.conversation("c1").row.subscribe((now) => heard.push(now?.unread));
    await clock.advance(100);
    gateway.append("c2", "you", {});
    await clock.advance(50);
    expect(heard).toEqual([0]);
    gateway.append("c1", "you", {});
    await clock.advance(50);
    expect(heard).toEqual([0, 1]);
    expect(client.conversation("c3").row.current).toBe(null);
    expect(client.conversation("c1").row.current).toBe(client.inbox.current.rows[0]);
  });

  it("keeps what is worth keeping, and begins with it", async () => {
    const { clock } = await make();
    const list = new InboxList({
      ...{ clock, random: new SeededRandom(1), changes: new Changes(), rowsMax: 10, user: () => "me" },
      gateway: { open: false, stopped: null, want: () => {}, ask: () => {} },
      ...{ unshown: () => undefined, above: () => null, onStorable: () => {} },
    });
    expect(list.stored()).toBe(null);
    list.restore({ rows: [row("a"), row("b", { unread: 2 })], cursor: "7" });
    expect(list.current).toMatchObject({ status: "catching-up", rows: [{ id: "a" }, { id: "b" }] });
    expect(list.unread.current.messages).toBe(2);
    expect(list.stored()).toEqual({ rows: [row("a"), row("b", { unread: 2 })], cursor: "7" });
    list.forget();
    expect([list.stored(), list.current.rows]).toEqual([null, []]);
  });
});
