import { describe, expect, it } from "vitest";
import { storedMessages } from "../support/stored-log.ts";
import { TabsOfFile } from "../support/tabs-of-file.ts";
import { call } from "../support/wire-http.ts";

const tabs = new TabsOfFile();

describe("a tab without a network", () => {
  it("I1 I8: opens after a reload with what was there, and sends what waited, once", async () => {
    const [vito, wera] = [await tabs.open("vito"), await tabs.open("wera")];
    const conversation = await vito.start("direct", "wera");
    await vito.send("before");
    await vito.sees("before", "sent");
    await wera.enter(conversation);
    await wera.sees("before");
    await vito.page.evaluate(() => navigator.serviceWorker.ready);
    // what was read is written within half a second
    await vito.page.waitForTimeout(1_000);
    await vito.context.setOffline(true);
    await vito.send("while offline");
    await vito.sees("while offline", "pending");
    await vito.page.waitForTimeout(200);
    await vito.page.reload();
    await vito.sees("before", "sent");
    await vito.sees("while offline", "pending");
    expect(await vito.page.locator(`[data-conversation="${conversation}"]`).count()).toBe(1);
    await vito.context.setOffline(false);
    await vito.sees("while offline", "sent");
    await wera.sees("while offline");
    expect(await vito.texts()).toEqual(["before", "while offline"]);
    const shown = (await vito.messages()).map(({ id, seq }) => [id, seq]);
    expect(await storedMessages(tabs.server.url, "wera", conversation)).toEqual(shown);
    await tabs.expectNoComplaints();
  });

  it("I3: what waited from before a reload and is refused then can be tried again, and thrown away", async () => {
    const [xaver, yara] = [await tabs.open("xaver"), await tabs.open("yara")];
    const conversation = await xaver.start("group", "yara", "Rights");
    const role = async (name: string): Promise<void> => {
      const path = `/conversations/${conversation}/members/yara`;
      const answer = await call(tabs.server.url, "PUT", path, { user: "xaver", json: { role: name } });
      expect(answer.status).toBeLessThan(300);
    };
    await yara.enter(conversation);
    await yara.page.evaluate(() => navigator.serviceWorker.ready);
    await yara.page.waitForTimeout(1_000);
    await yara.context.setOffline(true);
    for (const text of ["let me in", "and this"]) await yara.send(text);
    await yara.sees("and this", "pending");
    await yara.page.waitForTimeout(200);
    await yara.page.reload();
    await yara.sees("and this", "pending");
    await role("reader");
    await yara.context.setOffline(false);
    for (const text of ["let me in", "and this"]) await yara.sees(text, "failed");
    await role("member");
    await yara.message("let me in").getByTestId("retry").click();
    await yara.sees("let me in", "sent");
    await yara.message("and this").getByTestId("discard").click();
    await yara.message("and this").waitFor({ state: "detached" });
    await xaver.sees("let me in");
    expect(await xaver.texts()).toEqual(["let me in"]);
    await tabs.expectNoComplaints();
  });

  it("says so where the browser cannot store", async () => {
    const zita = await tabs.open("zita");
    await zita.connection("online");
    expect(await zita.page.getByTestId("storage-strip").count()).toBe(0);
    await zita.page.addInitScript(() => {
      Object.defineProperty(globalThis, "indexedDB", {
        value: {
          open: () => {
            throw new Error("no storage");
          },
        },
      });
    });
    await zita.page.reload();
    await zita.start("direct", "yara");
    await zita.page.getByTestId("storage-strip").waitFor();
    await zita.send("still works");
    await zita.sees("still works", "sent");
  });
});
