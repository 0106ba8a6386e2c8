import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { ChatTab, type ShownMessage } from "./support/chat-tab.ts";
import { Relay } from "./support/relay.ts";
import { type RunningServer, startServer } from "./support/server.ts";
import { storedMessages } from "./support/stored-log.ts";
import { call } from "./support/wire-http.ts";

// The hooks of the page that these tests hold on to are listed in support/chat-tab.ts.

/** What each of two tabs writes around the kill, which comes when the twentieth is sent. */
const STORM_MESSAGES = 150;
const STORM_EVERY_MS = 12;

let browser: Browser;
let server: RunningServer;
const tabs: ChatTab[] = [];
const relays: Relay[] = [];
const servers: RunningServer[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});

afterEach(async () => {
  for (const tab of tabs.splice(0)) await tab.close();
  for (const relay of relays.splice(0)) await relay.close();
  for (const one of servers.splice(0)) await one.stop();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(user: string, url = server.url): Promise<ChatTab> {
  const tab = await ChatTab.open(browser, url, { user });
  tabs.push(tab);
  return tab;
}

/** Everything that the tab has written stands there as sent, and nothing is on its way. */
async function settled(tab: ChatTab, count: number): Promise<readonly ShownMessage[]> {
  await expect
    .poll(async () => (await tab.messages()).filter(({ status }) => status === "sent").length, { timeout: 90_000 })
    .toBe(count);
  return tab.messages();
}

/** How many messages the one still waits to hear about although the other has them already. */
async function storedUnanswered(sender: ChatTab, reader: ChatTab): Promise<number> {
  const there = new Set(await reader.texts());
  return (await sender.messages()).filter(({ text, status }) => status === "pending" && there.has(text)).length;
}

describe("chat through outages", () => {
  it("I1 I4 I7 I8 I9 I11 I13: two users in three tabs, a cut network and a kill -9: every message once, in one order, everywhere", async () => {
    const outage = await startServer();
    servers.push(outage);
    const { url } = outage;
    const relay = await Relay.to(outage.port);
    relays.push(relay);
    const [alice, phone, bob] = [await open("alice", relay.url), await open("alice", url), await open("bob", url)];
    const everybody = [alice, phone, bob];
    const written = new Map<ChatTab, string[]>(everybody.map((tab) => [tab, []]));
    const write = async (tab: ChatTab, text: string): Promise<void> => {
      written.get(tab)?.push(text);
      await tab.send(text);
    };

    const conversation = await alice.start("direct", "bob");
    await Promise.all([phone.enter(conversation), bob.enter(conversation)]);
    for (let round = 0; round < 3; round++) {
      await write(alice, `laptop before ${round}`);
      await write(bob, `bob before ${round}`);
      await write(phone, `phone before ${round}`);
    }
    for (const tab of everybody) await settled(tab, 9);

    await phone.context.setOffline(true);
    await write(phone, "phone while offline 0");
    await write(bob, "bob while phone is offline");
    await write(phone, "phone while offline 1");
    await alice.sees("bob while phone is offline", "sent");
    expect(await phone.texts()).not.toContain("bob while phone is offline");
    await phone.sees("phone while offline 1", "pending");
    expect((await alice.texts()).join()).not.toContain("phone while offline");

    const storm = [alice, bob].map((tab) => {
      const texts = Array.from({ length: STORM_MESSAGES }, (_, n) => `${tab.user} in the storm ${n}`);
      written.get(tab)?.push(...texts);
      return tab.pour(texts, STORM_EVERY_MS);
    });
    await Promise.all([alice, bob].map((tab) => tab.sees(`${tab.user} in the storm 20`, "sent")));
    relay.loseAnswers();
    await expect.poll(() => storedUnanswered(alice, bob), { timeout: 20_000 }).toBeGreaterThan(9);
    await outage.kill9();
    relay.heal();
    await Promise.all(storm);
    for (const tab of [alice, bob]) await tab.sees(`${tab.user} in the storm ${STORM_MESSAGES - 1}`, "pending");
    await write(alice, "laptop while the server is down");
    await write(bob, "bob while the server is down");
    await outage.restart();
    await phone.context.setOffline(false);

    const all = [...written.values()].flat();
    const [first, ...others] = await Promise.all(everybody.map((tab) => settled(tab, all.length)));
    for (const other of others) expect(other).toEqual(first);
    const log = first ?? [];
    expect(log.map(({ seq }) => seq)).toEqual(all.map((_, index) => index + 2));
    expect(log.map(({ text }) => text).sort()).toEqual([...all].sort());
    expect(new Set(log.map(({ id }) => id)).size).toBe(all.length);
    for (const texts of written.values()) {
      const own = new Set(texts);
      expect(log.map(({ text }) => text).filter((text) => own.has(text))).toEqual(texts);
    }
    for (const tab of everybody) expect(await tab.complaints()).toEqual([]);
    expect(await storedMessages(url, "bob", conversation)).toEqual(log.map(({ id, seq }) => [id, seq]));

    const late = await open("bob", url);
    await late.enter(conversation);
    await late.sees(log.at(-1)?.text ?? "");
    const newest = await late.messages();
    expect(newest).toEqual(log.slice(-newest.length));
  }, 240_000);

  it("I1 I9: a tab that was closed in between finds what it missed, and a reload shows the history", async () => {
    const [dora, emil] = [await open("dora"), await open("emil")];
    const conversation = await dora.start("group", "emil", "Reload");
    await dora.send("one");
    await emil.enter(conversation);
    await emil.sees("one");
    await emil.send("two");
    await dora.sees("two");
    await emil.page.goto("about:blank");
    await dora.send("three");
    await dora.sees("three", "sent");
    await emil.page.goto(`${server.url}/#/c/${conversation}`);
    await emil.sees("three");
    await emil.page.reload();
    await emil.sees("three");
    expect(await emil.texts()).toEqual(["one", "two", "three"]);
    expect(await emil.messages()).toEqual(await dora.messages());
    expect([...(await dora.complaints()), ...(await emil.complaints())]).toEqual([]);
  });
});

describe("a send that is refused", () => {
  it("I3: fails with a reason, is sent by Try again once it may be, and goes by Discard", async () => {
    const [fred, gina] = [await open("fred"), await open("gina")];
    const conversation = await fred.start("group", "gina", "Rights");
    await gina.enter(conversation);
    const role = async (name: string): Promise<void> => {
      const path = `/conversations/${conversation}/members/gina`;
      const answer = await call(server.url, "PUT", path, { user: "fred", json: { role: name } });
      expect(answer.status).toBeLessThan(300);
    };

    await gina.context.setOffline(true);
    await gina.send("let me in");
    await gina.send("and this");
    await gina.sees("and this", "pending");
    await role("reader");
    await gina.context.setOffline(false);
    await gina.sees("let me in", "failed");
    await gina.sees("and this", "failed");
    expect(await fred.texts()).toEqual([]);

    await role("member");
    await gina.message("let me in").getByTestId("retry").click();
    await gina.sees("let me in", "sent");
    await gina.message("and this").getByTestId("discard").click();
    await gina.message("and this").waitFor({ state: "detached" });
    await fred.sees("let me in");
    expect(await fred.texts()).toEqual(["let me in"]);
    expect(await gina.texts()).toEqual(["let me in"]);
    expect([...(await fred.complaints()), ...(await gina.complaints())]).toEqual([]);
  });

  it("a text over the limit fails at once and takes nothing else with it", async () => {
    const hugo = await open("hugo");
    await hugo.start("direct", "ines");
    await hugo.send("x".repeat(40_000));
    await hugo.page.locator("[data-id][data-status=failed]").waitFor();
    await hugo.send("short");
    await hugo.sees("short", "sent");
    await hugo.connection("online");
    expect(await hugo.complaints()).toEqual([]);
  });
});
