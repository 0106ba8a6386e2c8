import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { ChatTab } from "./support/chat-tab.ts";
import { type RunningServer, startServer } from "./support/server.ts";
import { UpgradeBlocker } from "./support/upgrade-blocker.ts";

let browser: Browser;
let server: RunningServer;
const tabs: ChatTab[] = [];
const blockers: UpgradeBlocker[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});

afterEach(async () => {
  for (const tab of tabs.splice(0)) await tab.close();
  for (const blocker of blockers.splice(0)) await blocker.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(user: string, url: string): Promise<ChatTab> {
  const tab = await ChatTab.open(browser, url, { user });
  tabs.push(tab);
  return tab;
}

/** Both tabs show these texts, each once, in one order. */
async function agreed(one: ChatTab, other: ChatTab, texts: readonly string[]): Promise<void> {
  for (const tab of [one, other]) {
    await expect
      .poll(async () => (await tab.messages()).filter(({ status }) => status === "sent").length, { timeout: 60_000 })
      .toBe(texts.length);
  }
  expect([...(await one.texts())].sort()).toEqual([...texts].sort());
  expect(await other.texts()).toEqual(await one.texts());
}

describe("a browser behind a proxy that blocks WebSockets", () => {
  it.each([
    ["by a stream of server-sent events", { holdsStreams: false }, "/chat/sse"],
    ["by long polling where streams are held back too", { holdsStreams: true }, "/chat/poll"],
  ])("I1 I7 I8 I9: chats all the same %s, through a kill -9", async (_, weather, way) => {
    const blocker = await UpgradeBlocker.before(server.port, weather);
    blockers.push(blocker);
    const [alice, bob] = [await open("alice", blocker.url), await open("bob", server.url)];
    const conversation = await alice.start("group", "bob", "Behind a proxy");
    await bob.enter(conversation);
    const texts: string[] = [];
    const write = async (tab: ChatTab, text: string): Promise<void> => {
      texts.push(text);
      await tab.send(text);
    };
    for (let round = 0; round < 5; round++) {
      await write(alice, `alice ${round}`);
      await write(bob, `bob ${round}`);
    }
    await agreed(alice, bob, texts);
    expect(blocker.upgrades).toBeGreaterThan(0);
    expect(blocker.paths).toContain(way);

    await server.kill9();
    await write(alice, "alice while it is down");
    await server.restart();
    await write(bob, "bob after it");
    await agreed(alice, bob, texts);
    await write(alice, "alice after it");
    await agreed(alice, bob, texts);
    expect([...alice.faults, ...bob.faults]).toEqual([]);
  });
});
