import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./support/browser.ts";
import { ChatTab } from "./support/chat-tab.ts";
import { Relay } from "./support/relay.ts";
import { type RunningServer, startServer } from "./support/server.ts";

let browser: Browser;
let server: RunningServer;
const tabs: ChatTab[] = [];

beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), startServer()]);
});

afterEach(async () => {
  for (const tab of tabs.splice(0)) await tab.close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(user: string, options: { width?: number; url?: string } = {}): Promise<ChatTab> {
  const { width = 1_280, url = server.url } = options;
  const tab = await ChatTab.open(browser, url, { user, width });
  tabs.push(tab);
  return tab;
}

describe("the quickstart's page", () => {
  it("asks for a name, refuses a bad one, and keeps the good one for the tab alone", async () => {
    const tab = await open("!");
    await tab.page.getByTestId("sign-in-name").fill("Not A Name");
    await tab.page.getByTestId("sign-in").click();
    await expect.poll(() => tab.page.getByRole("alert").textContent()).toContain("cannot be used");
    await tab.page.getByTestId("sign-in-name").fill("jana");
    await tab.page.getByTestId("sign-in-name").press("Enter");
    await tab.connection("online");
    await tab.page.reload();
    expect(await tab.page.getByTestId("user").textContent()).toBe("jana");
    const second = await tab.context.newPage();
    await second.goto(server.url);
    await second.getByTestId("sign-in-name").waitFor();
    await tab.page.getByTestId("sign-out").click();
    await tab.page.getByTestId("sign-in-name").waitFor();
    expect(await tab.complaints()).toEqual([]);
  });

  it("shows content as text, whatever it is, under a policy that would stop it anyway", async () => {
    const [karl, lena] = [await open("karl"), await open("lena")];
    const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
    const conversation = await karl.start("group", "lena", hostile);
    await karl.send(hostile);
    await lena.enter(conversation);
    await lena.sees(hostile);
    expect(await lena.page.locator("[data-testid=messages] img, [data-testid=conversations] img").count()).toBe(0);
    expect(await lena.page.title()).not.toContain("owned");
    const policy = (await fetch(server.url)).headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'self'");
    expect(policy).not.toMatch(/unsafe|\*/);
    expect([...(await karl.complaints()), ...(await lena.complaints())]).toEqual([]);
  });

  it("counts what is unread until it is seen", async () => {
    const [mona, nils] = [await open("mona"), await open("nils")];
    const conversation = await mona.start("direct", "nils");
    const row = nils.page.locator(`[data-conversation="${conversation}"]`);
    await mona.send("one");
    await mona.send("two");
    await expect.poll(() => row.getAttribute("data-unread")).toBe("2");
    await nils.enter(conversation);
    await nils.sees("two");
    await expect.poll(() => row.getAttribute("data-unread")).toBe("0");
    await mona.send("three");
    await nils.sees("three");
    expect(await row.getAttribute("data-unread")).toBe("0");
  });

  it("fits a phone: the list and the conversation are two screens, and Back leads from one to the other", async () => {
    const otto = await open("otto", { width: 360 });
    await otto.start("direct", "paula");
    await otto.send("from a phone");
    await otto.sees("from a phone", "sent");
    expect(await otto.page.getByTestId("conversations").isVisible()).toBe(false);
    expect(await otto.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
    await otto.page.getByRole("link", { name: "Back to the list" }).click();
    // the address changes a moment after the click
    await otto.page.getByTestId("conversations").waitFor({ state: "visible" });
    expect(await otto.page.getByTestId("composer").isVisible()).toBe(false);
    await otto.page.goBack();
    await otto.sees("from a phone");
  });

  it("loads older messages above without moving what is being read, down to the first", async () => {
    const [quinn, rosa] = [await open("quinn"), await open("rosa")];
    const conversation = await quinn.start("direct", "rosa");
    const count = 160;
    const lines = Array.from({ length: count }, (_, index) => `line ${index + 1}`);
    await quinn.pour(lines, 5);
    await quinn.sees(`line ${count}`, "sent");
    await rosa.enter(conversation);
    await rosa.sees(`line ${count}`);
    for (let step = 0; step < 80 && !(await atFirst(rosa)); step++) {
      const { id, y } = await scrollUp(rosa);
      await rosa.page.waitForTimeout(60);
      expect(Math.abs((await heightOf(rosa, id)) - y)).toBeLessThanOrEqual(1);
    }
    expect(await rosa.texts()).toEqual(lines);
    await quinn.send("newest");
    await rosa.page.getByTestId("to-bottom").getByText("1 new message").waitFor();
    await rosa.page.getByTestId("to-bottom").click();
    await expect.poll(() => rosa.message("newest").isVisible()).toBe(true);
    expect(await rosa.complaints()).toEqual([]);
  });

  it("can be used by keyboard alone", async () => {
    const sven = await open("sven");
    await sven.connection("online");
    await sven.page.getByTestId("new-conversation").focus();
    await sven.page.keyboard.press("Enter");
    await sven.page.keyboard.type("tina");
    await sven.page.keyboard.press("Enter");
    await sven.page.locator('[data-testid="composer"]:focus').waitFor();
    await sven.page.keyboard.type("first");
    await sven.page.keyboard.press("Shift+Enter");
    await sven.page.keyboard.type("second");
    await sven.page.keyboard.press("Enter");
    await sven.sees("first", "sent");
    expect(await sven.texts()).toEqual(["first\nsecond"]);
  });

  it("says that the server cannot be reached, and comes back by itself", async () => {
    const other = await startServer();
    const uwe = await open("uwe", { url: other.url });
    await uwe.connection("online");
    await other.kill9();
    await uwe.connection("waiting");
    await expect.poll(() => uwe.page.getByTestId("connection").textContent()).toMatch(/^Offline, reconnecting/);
    await other.restart();
    await uwe.connection("online");
    await other.stop();
  });

  it("I9 I24: notices a connection that has gone silent, and loses nothing of it", async () => {
    const relay = await Relay.to(server.port);
    const [vera, willi] = [await open("vera", { url: relay.url }), await open("willi")];
    const conversation = await vera.start("direct", "willi");
    await willi.enter(conversation);
    await vera.send("before");
    await willi.sees("before");
    relay.silence();
    await vera.send("into the silence");
    await willi.send("unheard");
    await vera.page.locator("[data-testid=connection]:not([data-status=online])").waitFor({ timeout: 25_000 });
    relay.heal();
    await vera.sees("into the silence", "sent");
    await vera.sees("unheard");
    await willi.sees("into the silence");
    expect(await vera.messages()).toEqual(await willi.messages());
    expect(await vera.complaints()).toEqual([]);
    await relay.close();
  });

  it("S54: answers paths that lead nowhere without a word about itself", async () => {
    for (const path of ["/nothing-here", "/%E0%A4%A", "/..%2f..%2fpackage.json", "/server.js"]) {
      const answer = await fetch(`${server.url}${path}`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.headers.get("x-powered-by")).toBeNull();
      expect(await answer.text()).not.toMatch(/node_modules|^\s+at |"name"/m);
    }
  });
});

function scroller(tab: ChatTab): ReturnType<ChatTab["page"]["locator"]> {
  return tab.page.getByRole("region", { name: "Messages" });
}

/** Whether the first message of the conversation is on the screen. */
async function atFirst(tab: ChatTab): Promise<boolean> {
  return scroller(tab).evaluate(
    (box) => box.scrollTop === 0 && box.querySelector('[data-testid="messages"] [data-seq="1"]') !== null,
  );
}

/** Scrolls up by a bit; a message that is then in view, and its height on the screen. */
async function scrollUp(tab: ChatTab): Promise<{ readonly id: string; readonly y: number }> {
  return scroller(tab).evaluate((box) => {
    box.scrollBy(0, -240);
    const { top } = box.getBoundingClientRect();
    const rows = [...box.querySelectorAll<HTMLElement>("[data-id]")];
    const row = rows.find((candidate) => candidate.getBoundingClientRect().top >= top);
    return { id: row?.dataset.id ?? "", y: row?.getBoundingClientRect().y ?? 0 };
  });
}

async function heightOf(tab: ChatTab, id: string): Promise<number> {
  return tab.page.locator(`[data-id="${id}"]`).evaluate((row) => row.getBoundingClientRect().y);
}
