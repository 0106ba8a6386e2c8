import { describe, expect, it } from "vitest";
import type { ChatTab } from "../support/chat-tab.ts";
import { eventually, TabsOfFile } from "../support/tabs-of-file.ts";
import { call } from "../support/wire-http.ts";

const tabs = new TabsOfFile();

/** As far as a message may move on the screen while others come above it, in px. */
const MOVES_MAX_PX = 2;

const scroller = (tab: ChatTab) => tab.page.getByRole("region", { name: "Messages" });

async function long(owner: string, other: string, count: number): Promise<readonly [ChatTab, string]> {
  const tab = await tabs.open(owner);
  const conversation = await tab.start("group", other, "Long");
  await tab.pour(
    Array.from({ length: count }, (_, at) => `line ${at + 1} ${"and more of it ".repeat((at * 7) % 11)}`.trim()),
    2,
  );
  await tab.sees(`line ${count}`, "sent");
  return [tab, conversation];
}

describe("places of a long conversation", () => {
  it("a pinned message far up is shown where it is; newer ones are loaded from there; and back to the newest", async () => {
    const [ida, conversation] = await long("ida", "jon", 420);
    // the event that began it is the first, so this is line 60
    const pin = await call(tabs.server.url, "PUT", `/conversations/${conversation}/pins/61`, { user: "ida" });
    expect(pin.status).toBe(200);
    await ida.page.reload();
    await ida.sees("line 420");
    await ida.page.getByTestId("open-pinned").click();
    await ida.page.locator("[data-pin]").click();
    await ida.page.locator("[data-id]:focus").filter({ hasText: "line 60" }).waitFor();
    await eventually(() => ida.message("line 60").first().isVisible()).toBe(true);
    const wasNear = async () => (await ida.message("line 200").count()) > 0;
    for (let step = 0; step < 40 && !(await wasNear()); step++) {
      await scroller(ida).evaluate((box) => box.scrollBy(0, 700));
      await ida.page.waitForTimeout(100);
    }
    expect(await wasNear()).toBe(true);
    await ida.page.getByTestId("to-bottom").click();
    await ida.sees("line 420");
    await eventually(() => ida.page.getByTestId("to-bottom").isVisible()).toBe(false);
    await tabs.expectNoComplaints();
  });

  it("what is looked at stays where it is while older messages are loaded above it", async () => {
    const [, conversation] = await long("kai", "lea", 300);
    const lea = await tabs.open("lea");
    await lea.enter(conversation);
    await lea.sees("line 300");
    for (let step = 0; step < 12; step++) {
      const found = await scroller(lea).evaluate(async (box) => {
        box.scrollBy(0, -500);
        await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
        const middle = box.getBoundingClientRect().top + box.clientHeight / 2;
        const rows = [...box.querySelectorAll<HTMLElement>("[data-id]")];
        const row = rows.find((each) => each.getBoundingClientRect().top >= middle);
        return { id: row?.dataset["id"] ?? "", y: row?.getBoundingClientRect().y ?? 0 };
      });
      await lea.page.waitForTimeout(300);
      const after = await lea.page.locator(`[data-id="${found.id}"]`).evaluate((row) => row.getBoundingClientRect().y);
      expect(Math.abs(after - found.y)).toBeLessThanOrEqual(MOVES_MAX_PX);
    }
    await tabs.expectNoComplaints();
  });

  it("arrow keys go from message to message, Enter opens what can be done, Escape closes it", async () => {
    const [mia] = await long("mia", "ned", 3);
    await scroller(mia).focus();
    await mia.page.keyboard.press("ArrowUp");
    const focused = () =>
      mia.page.evaluate(() => document.activeElement?.querySelector(".message-text")?.textContent ?? "");
    await eventually(focused).toMatch(/^line 3/);
    await mia.page.keyboard.press("ArrowUp");
    await eventually(focused).toMatch(/^line 2/);
    await mia.page.keyboard.press("Enter");
    await mia.page.locator('[role="menuitemcheckbox"]:focus').first().waitFor();
    await mia.page.keyboard.press("ArrowDown");
    await mia.page.keyboard.press("Escape");
    await eventually(() => mia.page.locator('[role="menu"]').count()).toBe(0);
    await eventually(focused).toMatch(/^line 2/);
    await mia.page.keyboard.press("Enter");
    await mia.page.keyboard.press("ArrowRight");
    await mia.page.keyboard.press("Enter");
    await mia.message("line 2").locator('[data-reaction="❤️"][aria-pressed="true"]').waitFor();
    // a phone's Back leaves no menu over the list
    await mia.page.keyboard.press("Enter");
    await mia.page.locator('[role="menu"]').waitFor();
    await mia.page.goBack();
    await eventually(() => mia.page.locator('[role="menu"]').count()).toBe(0);
    await tabs.expectNoComplaints();
  });
});
