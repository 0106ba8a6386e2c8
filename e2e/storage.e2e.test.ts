import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { serveBundledPage } from "./support/bundled-page.ts";
import { type RunningServer, startServer } from "./support/server.ts";
import { storedMessages } from "./support/stored-log.ts";
import { call } from "./support/wire-http.ts";

/** What the page in packages/client/test/pages/kept-chat.ts offers. */
interface KeptChat {
  send(texts: readonly string[]): void;
  messages(): readonly string[];
  state(): Readonly<Record<"connection" | "storage" | "user" | "window", string | null>> & {
    readonly conversations: readonly string[];
  };
  signOut(): Promise<void>;
}

declare const keptChat: KeptChat;
declare const runContract: () => Promise<readonly { readonly title: string; readonly fault: string | null }[]>;

/** How long a message that waits may take once the way is free, in ms. */
const ARRIVES_WITHIN_MS = 30_000;

let browser: Browser;
let server: RunningServer;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});

afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function profile(script: string): Promise<BrowserContext> {
  // a page that was served by hand came from nowhere, which Chromium does not let talk to this machine unasked
  const context = await browser.newContext({ permissions: ["local-network-access"] });
  contexts.push(context);
  await serveBundledPage(context, `${server.url}/page-under-test`, script);
  return context;
}

const keptChatProfile = () => profile("packages/client/test/pages/kept-chat.ts");

async function open(context: BrowserContext, user: string, c: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${server.url}/page-under-test?user=${user}&c=${c}`);
  return page;
}

async function newConversation(user: string): Promise<string> {
  const { body } = await call(server.url, "POST", "/conversations", {
    user,
    json: { kind: "group", members: ["bob"] },
  });
  return body.c ?? "";
}

const send = (page: Page, texts: readonly string[]) => page.evaluate((list) => keptChat.send(list), texts);
const messages = (page: Page) => page.evaluate(() => keptChat.messages());
const state = (page: Page) => page.evaluate(() => keptChat.state());
const online = (page: Page) =>
  expect
    .poll(() => state(page), { timeout: ARRIVES_WITHIN_MS })
    .toMatchObject({ connection: "online", storage: "saved" });
const texts = (from: string, count = 5) => Array.from({ length: count }, (_, at) => `${from} ${at}`);
const all = (list: readonly string[], status: string) => list.map((text) => `${text} ${status}`);

async function logOf(user: string, c: string): Promise<readonly string[]> {
  const { body } = await call(server.url, "GET", `/conversations/${c}/messages?after=0&limit=200`, { user });
  const rows = (body.events ?? []).filter(({ type }) => type === "message");
  return rows.map(({ body: of }) => String((of as { readonly text?: unknown } | undefined)?.text));
}

describe("IndexedDB in Chromium", () => {
  it("I1 I8 I11 I18: keeps every promise of the storage", async () => {
    const context = await profile("packages/client/test/pages/storage-contract.ts");
    const page = await open(context, "", "");
    const results = await page.evaluate(() => runContract());
    expect(results.filter(({ fault }) => fault !== null)).toEqual([]);
    expect(results.length).toBeGreaterThan(15);
  });
});

describe("a tab that goes away", () => {
  it("I1 I8: opens offline after a reload, with its messages and what it had to say", async () => {
    const context = await keptChatProfile();
    const c = await newConversation("ann");
    const page = await open(context, "ann", c);
    await online(page);
    await send(page, texts("before", 3));
    await expect.poll(() => messages(page), { timeout: ARRIVES_WITHIN_MS }).toEqual(all(texts("before", 3), "sent"));
    // what was read is written within half a second
    await page.waitForTimeout(1_000);
    await context.setOffline(true);
    await send(page, texts("offline"));
    await page.waitForTimeout(100);
    await page.reload();
    await expect
      .poll(() => messages(page), { timeout: ARRIVES_WITHIN_MS })
      .toEqual([...all(texts("before", 3), "sent"), ...all(texts("offline"), "pending")]);
    expect(await state(page)).toMatchObject({
      user: "ann",
      storage: "saved",
      window: "catching-up",
      conversations: [c],
    });
    await context.setOffline(false);
    await expect
      .poll(() => messages(page), { timeout: ARRIVES_WITHIN_MS })
      .toEqual(all([...texts("before", 3), ...texts("offline")], "sent"));
    expect(await logOf("ann", c)).toEqual([...texts("before", 3), ...texts("offline")]);
  });

  it("I18: signed out, nothing of it is left on the device", async () => {
    const context = await keptChatProfile();
    const c = await newConversation("ann");
    const page = await open(context, "ann", c);
    await online(page);
    await send(page, ["secret"]);
    await expect.poll(() => messages(page), { timeout: ARRIVES_WITHIN_MS }).toEqual(["secret sent"]);
    await page.evaluate(() => keptChat.signOut());
    await context.setOffline(true);
    await page.reload();
    await page.waitForTimeout(500);
    expect([await messages(page), await state(page)]).toMatchObject([[], { user: null, conversations: [] }]);
  });
});

describe("two tabs of one browser", () => {
  for (const [how, end] of [
    ["is closed", (page: Page) => page.close({ runBeforeUnload: false })],
    ["crashes", crash],
  ] as const) {
    it(`I1 I4 I11: five messages each, offline; one ${how}, the other is reloaded: ten messages, once each, in each tab's order`, async () => {
      const context = await keptChatProfile();
      const c = await newConversation("ann");
      const [one, two] = [await open(context, "ann", c), await open(context, "ann", c)];
      await Promise.all([online(one), online(two)]);
      await context.setOffline(true);
      for (const [at, text] of texts("one").entries()) {
        await send(one, [text]);
        await send(two, [`two ${at}`]);
      }
      // both show the one queue
      await expect.poll(async () => (await messages(two)).length, { timeout: ARRIVES_WITHIN_MS }).toBe(10);
      await end(one);
      await two.reload();
      await expect.poll(async () => (await messages(two)).length, { timeout: ARRIVES_WITHIN_MS }).toBe(10);
      await context.setOffline(false);
      // what the first tab had handed to the browser may still have gone out: the log alone knows the order of two tabs
      await expect
        .poll(async () => (await messages(two)).join() === all(await logOf("ann", c), "sent").join(), {
          timeout: ARRIVES_WITHIN_MS,
        })
        .toBe(true);
      const log = await logOf("ann", c);
      expect([...log].sort()).toEqual([...texts("one"), ...texts("two")].sort());
      for (const own of ["one", "two"]) expect(log.filter((text) => text.startsWith(own))).toEqual(texts(own));
      expect(new Set((await storedMessages(server.url, "ann", c)).map(([id]) => id)).size).toBe(10);
    });
  }

  it("I24: the tab that sends ends, and the other takes over within a second", async () => {
    const context = await keptChatProfile();
    const c = await newConversation("ann");
    const [one, two] = [await open(context, "ann", c), await open(context, "ann", c)];
    await Promise.all([online(one), online(two)]);
    await send(two, ["by way of one"]);
    await expect.poll(() => messages(two), { timeout: ARRIVES_WITHIN_MS }).toEqual(["by way of one sent"]);
    await one.close({ runBeforeUnload: false });
    const closedAt = performance.now();
    await send(two, ["by itself"]);
    await expect.poll(() => messages(two), { interval: 20 }).toEqual(["by way of one sent", "by itself sent"]);
    expect(performance.now() - closedAt).toBeLessThan(1_000);
  });
});

/** As a renderer ends that has run out of memory: nobody in it hears of it. */
async function crash(page: Page): Promise<void> {
  const gone = page.waitForEvent("crash");
  const session = await page.context().newCDPSession(page);
  session.send("Page.crash").catch(() => {});
  await gone;
  // what is left of it keeps the driver from talking to its neighbours
  await page.close();
}
