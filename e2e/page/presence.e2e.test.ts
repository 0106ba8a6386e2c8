import { describe, expect, it } from "vitest";
import type { ChatTab } from "../support/chat-tab.ts";
import { eventually, TabsOfFile } from "../support/tabs-of-file.ts";

const tabs = new TabsOfFile();

/** Silent connections are offline after two heartbeats and 5 s; a clean goodbye after 5 s. */
const GOES_WITHIN_MS = 20_000;

const status = (tab: ChatTab, text: string) => () => tab.message(text).first().getAttribute("data-status");

describe("who has what, and who is there", () => {
  it("ticks: sent alone, delivered when the other is there, read when the other reads; and the list of who", async () => {
    const ina = await tabs.open("ina");
    const conversation = await ina.start("group", "jens", "Ticks");
    await ina.send("first");
    await ina.sees("first", "sent");
    expect(await status(ina, "first")()).toBe("sent");
    const jens = await tabs.open("jens");
    await jens.connection("online");
    await eventually(() => jens.page.locator("[data-conversation]").count()).toBe(1);
    await ina.send("second");
    await eventually(status(ina, "second")).toBe("delivered");
    await jens.enter(conversation);
    await jens.sees("second");
    for (const text of ["first", "second"]) await eventually(status(ina, text)).toBe("read");
    await ina.act("first", "read-by");
    await eventually(() => ina.page.getByTestId("readers-read").textContent()).toContain("jens");
    await ina.page.keyboard.press("Escape");
    await tabs.expectNoComplaints();
  });

  it("typing appears, ends with the message, and ends by itself", async () => {
    const [kira, lars] = [await tabs.open("kira"), await tabs.open("lars")];
    const conversation = await kira.start("direct", "lars");
    await kira.send("hi");
    await lars.enter(conversation);
    await lars.sees("hi");
    const line = kira.page.getByTestId("typing");
    await lars.page.getByTestId("composer").pressSequentially("wel");
    await eventually(() => line.textContent()).toBe("lars is typing…");
    await lars.send("well");
    await eventually(() => line.textContent(), { timeout: 2_000 }).toBe("");
    await lars.page.waitForTimeout(3_100);
    await lars.page.getByTestId("composer").pressSequentially("and");
    await eventually(() => line.textContent()).toBe("lars is typing…");
    await eventually(() => line.textContent()).toBe("");
    await tabs.expectNoComplaints();
  });

  it("the presence dot goes on and off, in the list and above the conversation, which says since when", async () => {
    const [mara, nico] = [await tabs.open("mara"), await tabs.open("nico")];
    const conversation = await mara.start("direct", "nico");
    const dots = mara.page.locator(`[data-conversation="${conversation}"] .dot, .pane-top .dot`);
    const shown = () => dots.evaluateAll((all) => all.map((dot) => (dot as HTMLElement).dataset.presence));
    await nico.connection("online");
    await eventually(shown).toEqual(["online", "online"]);
    await eventually(() => mara.page.getByTestId("subtitle").textContent()).toBe("Online");
    await nico.page.goto("about:blank");
    await eventually(shown, { timeout: GOES_WITHIN_MS }).toEqual(["offline", "offline"]);
    await eventually(() => mara.page.getByTestId("subtitle").textContent()).toMatch(/^Last seen/);
    await nico.page.goto(`${tabs.server.url}/?user=nico`);
    await eventually(shown).toEqual(["online", "online"]);
    await tabs.expectNoComplaints();
  });
});
